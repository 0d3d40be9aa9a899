#include "common/ops/inbox_messages.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/rpc/google_types.h"

namespace tally::ops {
namespace {

constexpr int kRangesMax = 100;
constexpr absl::Duration kPatience = absl::Minutes(1);

v1::MissingRange::Verdict ToVerdict(inbox::Finding::Verdict verdict) {
  switch (verdict) {
    case inbox::Finding::Verdict::kUnanswered:
      return v1::MissingRange::VERDICT_UNANSWERED;
    case inbox::Finding::Verdict::kParked:
      return v1::MissingRange::VERDICT_PARKED;
    case inbox::Finding::Verdict::kTrimmed:
      return v1::MissingRange::VERDICT_TRIMMED;
    case inbox::Finding::Verdict::kUnknown:
      return v1::MissingRange::VERDICT_UNKNOWN;
  }
  return v1::MissingRange::VERDICT_UNSPECIFIED;
}

v1::Letter::State ToState(inbox::LetterState state) {
  switch (state) {
    case inbox::LetterState::kRetrying:
      return v1::Letter::STATE_RETRYING;
    case inbox::LetterState::kDead:
      return v1::Letter::STATE_DEAD;
    case inbox::LetterState::kDiscarded:
      return v1::Letter::STATE_DISCARDED;
  }
  return v1::Letter::STATE_UNSPECIFIED;
}

// What came over the wire may be any bytes; a string of a message is UTF-8.
std::string Shown(absl::string_view text) {
  const bool printable = !base::TextProblem(text, 0, std::numeric_limits<int>::max()).has_value();
  return printable ? std::string(text) : inbox::Escape(text);
}

}  // namespace

void ToMessage(const inbox::WatermarkRecord& watermark, bool every_range, v1::Watermark& message) {
  message.set_lane_id(watermark.lane_id);
  message.set_source(watermark.source);
  message.set_applied_through(watermark.covered.through());
  int64_t covered_events = watermark.covered.through();
  for (const base::SequenceRange& range : watermark.covered.ranges()) {
    covered_events += range.last - range.first + 1;
    if (!every_range && message.ranges_size() == kRangesMax) continue;
    v1::CoveredRange& covered = *message.add_ranges();
    covered.set_first_sequence(range.first);
    covered.set_last_sequence(range.last);
  }
  message.set_range_count(static_cast<int64_t>(watermark.covered.ranges().size()));
  if (watermark.published_through) message.set_published_through(*watermark.published_through);
  message.set_covered_events(covered_events);
  message.set_highest_sequence(watermark.covered.highest());
  message.set_letters(watermark.letters_retrying + watermark.letters_dead +
                      watermark.letters_discarded);
  message.set_retrying_letters(watermark.letters_retrying);
  message.set_dead_letters(watermark.letters_dead);
  message.set_skipped_events(watermark.skipped_events);
  message.set_accepted_events(watermark.accepted_events);
  rpc::ToMessage(watermark.started, *message.mutable_create_time());
}

void ToMessage(const inbox::LetterRecord& record, v1::Letter& message) {
  const inbox::Letter& letter = record.letter;
  const bus::Headers& headers = letter.message.headers;
  message.set_event_id(letter.event_id);
  message.set_state(ToState(letter.state));
  message.set_lane_id(letter.lane_id.value_or(""));
  message.set_sequence(letter.sequence.value_or(0));
  message.set_source(Shown(headers.Get("ce-source")));
  message.set_subject(Shown(letter.message.subject));
  message.set_type(Shown(letter.type));
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, headers.Get("ce-time"), &time, &problem) &&
      time != absl::InfiniteFuture() && time != absl::InfinitePast()) {
    rpc::ToMessage(time, *message.mutable_event_time());
  }
  message.set_error(Shown(letter.error));
  message.set_attempts(letter.attempts);
  rpc::ToMessage(letter.first_failure, *message.mutable_create_time());
  if (letter.state == inbox::LetterState::kRetrying) {
    rpc::ToMessage(letter.next_attempt, *message.mutable_next_attempt_time());
  }
  message.set_payload_bytes(record.payload_bytes);
  message.set_discard_reason(record.reason);
  message.set_discarded_by(record.discarded_by);
}

void AddDetails(const inbox::LetterRecord& record, const PayloadDecoder& decoder,
                v1::Letter& message) {
  const bus::Message& event = record.letter.message;
  for (const auto& [name, value] : event.headers.entries()) {
    v1::Header& header = *message.add_headers();
    header.set_name(Shown(name));
    header.set_value(Shown(value));
  }
  message.set_payload(event.payload);
  message.set_payload_json(decoder.ToJson(record.letter.type, event.payload));
}

void ToMessage(const inbox::Finding& finding, v1::MissingRange& message) {
  message.set_lane_id(finding.lane_id);
  message.set_source(finding.source);
  message.set_first_sequence(finding.range.first);
  message.set_last_sequence(finding.range.last);
  message.set_verdict(ToVerdict(finding.verdict));
  rpc::ToMessage(finding.noticed, *message.mutable_notice_time());
}

void ToMessage(const inbox::SourceStore::Source& source, v1::SourceStatus& message) {
  message.set_source(source.source);
  message.set_database_id(source.database_id);
  rpc::ToMessage(source.last_answer, *message.mutable_last_answer_time());
  if (source.other_database_id.empty()) return;
  message.set_other_database_id(source.other_database_id);
  rpc::ToMessage(source.other_answer, *message.mutable_other_answer_time());
}

void ToMessage(const inbox::HealingStore::Summary& summary, v1::GetInboxStatusResponse& message) {
  message.set_missing_events(summary.missing_events + summary.parked_events);
  if (summary.compared != absl::InfinitePast()) {
    rpc::ToMessage(summary.compared, *message.mutable_last_healing_time());
  }
}

void ToMessage(const inbox::InboxSummary& summary, const inbox::ConsumerProgress& progress,
               v1::GetInboxStatusResponse& message) {
  message.set_lanes(summary.lanes);
  message.set_covered_events(summary.covered_events);
  message.set_retrying_letters(summary.retrying_letters);
  message.set_dead_letters(summary.dead_letters);
  message.set_discarded_letters(summary.discarded_letters);
  message.set_suspended(progress.suspended);
}

void RaiseAlarms(const inbox::InboxSummary& summary, const inbox::ConsumerProgress& progress,
                 absl::Time now, Alarms& alarms) {
  if (summary.dead_letters > 0) {
    Raise(kLettersDead,
          absl::StrCat(summary.dead_letters,
                       " events could not be applied, are not counted, and wait for an operator"),
          summary.oldest_dead.value_or(absl::InfinitePast()), alarms);
  }
  if (progress.feeds_another) {
    Raise(kDurableOfAnother, progress.stalled_by.message(), progress.stalled_since, alarms);
  } else if (progress.suspended) {
    Raise(kConsumerSuspended, progress.stalled_by.message(), progress.stalled_since, alarms);
  } else if (now - progress.stalled_since >= kPatience) {
    Raise(kConsumerStalled, progress.stalled_by.message(), progress.stalled_since, alarms);
  }
}

void RaiseAlarms(const std::vector<inbox::Finding>& findings,
                 const std::vector<inbox::SourceStore::Source>& sources,
                 const std::vector<std::string>& producers, const Moments& moments,
                 Alarms& alarms) {
  const absl::Time now = moments.now;
  for (const inbox::Finding& finding : findings) {
    const std::string range = absl::StrCat(finding.source, ", ", finding.lane_id, "/",
                                           finding.range.first, "-", finding.range.last);
    switch (finding.verdict) {
      case inbox::Finding::Verdict::kTrimmed:
        Raise(kRangeTrimmed, absl::StrCat(range, ": retention removed these events uncounted"),
              finding.noticed, alarms);
        break;
      case inbox::Finding::Verdict::kUnknown:
        Raise(kRangeUnknown,
              absl::StrCat(range, finding.covered ? ": counted here, and" : ": not counted, and",
                           " lost by the producer's database"),
              finding.noticed, alarms);
        break;
      case inbox::Finding::Verdict::kUnanswered:
        if (now - finding.noticed < kPatience) break;
        Raise(kRangeMissing, absl::StrCat(range, ": published, not counted, and not had yet"),
              finding.noticed, alarms);
        break;
      case inbox::Finding::Verdict::kParked:  // the producer's alarm
        break;
    }
  }
  for (const std::string& name : producers) {
    const auto known = std::find_if(sources.begin(), sources.end(),
                                    [&](const auto& source) { return source.source == name; });
    const absl::Time compared = known == sources.end() ? moments.started : known->last_answer;
    const absl::Time answered = std::max(compared, moments.all_answered);
    if (known != sources.end() && !known->other_database_id.empty()) {
      Raise(kSourceMoved,
            absl::StrCat(name, " answers from database ", known->other_database_id, ", and had ",
                         known->database_id, ": nothing of its answers is used"),
            answered, alarms);
    } else if (now - answered >= kPatience) {
      Raise(kSourceSilent,
            absl::StrCat(name, " does not answer: whether all is counted is not known"), answered,
            alarms);
    }
  }
}

}  // namespace tally::ops
