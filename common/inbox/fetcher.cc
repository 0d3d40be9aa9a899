#include "common/inbox/fetcher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/status_macros.h"

namespace tally::inbox {

using Kind = Producer::RangeAnswer::Kind;

namespace {

constexpr size_t kBatchMax = 4'096;

}  // namespace

Fetcher::Fetcher(Producer& producer, absl::Duration session_timeout, HealingStore& store,
                 Inbox& inbox, base::Clock& clock, telemetry::Telemetry& telemetry)
    : producer_(producer),
      session_timeout_(session_timeout),
      store_(store),
      inbox_(inbox),
      clock_(clock),
      batch_max_(kBatchMax),
      log_(telemetry.log),
      silent_(telemetry.metrics.AddGauge("tally_healing_source_silent",
                                         "1 while a producer does not answer.",
                                         {{"source", producer.source()}})),
      other_database_(telemetry.metrics.AddGauge(
          "tally_healing_other_database",
          "1 while a producer answers from another database than it had.",
          {{"source", producer.source()}})),
      events_total_(telemetry.metrics.AddCounter("tally_healing_events_total",
                                                 "Events fetched from their producers.")) {}

absl::StatusOr<std::vector<Extent>> Fetcher::ListLanes(bool every_lane) {
  absl::StatusOr<Producer::Lanes> answer = producer_.ListLanes(every_lane);
  RETURN_IF_ERROR(NoteAnswer(answer.status(), answer.ok() ? answer->database_id : ""));
  return std::move(answer->lanes);
}

absl::StatusOr<std::vector<Producer::RangeAnswer>> Fetcher::Ask(
    const std::vector<LaneRange>& ranges) {
  absl::StatusOr<Producer::Answers> answer = producer_.FindEvents(ranges);
  if (absl::IsNotFound(answer.status())) return answer.status();  // It does answer.
  RETURN_IF_ERROR(NoteAnswer(answer.status(), answer.ok() ? answer->database_id : ""));
  return std::move(answer->ranges);
}

absl::StatusOr<int64_t> Fetcher::Apply(std::vector<Producer::RangeAnswer>& answers) {
  std::vector<bus::Delivery> deliveries;
  for (Producer::RangeAnswer& answer : answers) {
    std::move(answer.events.begin(), answer.events.end(), std::back_inserter(deliveries));
    answer.events.clear();
    if (answer.kind != Kind::kVoid) continue;
    RETURN_IF_ERROR(store_.SkipVoid(source(), answer.asked.lane_id, answer.asked.range,
                                    answer.reason, Deadline()));
  }
  int64_t fetched = 0;
  for (absl::Span<const bus::Delivery> rest = deliveries; !rest.empty();) {
    const absl::Span<const bus::Delivery> batch = rest.first(std::min(rest.size(), batch_max_));
    const absl::StatusOr<Inbox::Received> received =
        inbox_.Receive(batch, absl::UnixEpoch(), [] {});
    batch_max_ =
        received.ok() ? std::min(kBatchMax, batch_max_ * 2) : std::max<size_t>(1, batch.size() / 2);
    RETURN_IF_ERROR(received.status());
    fetched += received->events() - received->duplicates;
    events_total_.Increment(static_cast<double>(received->events() - received->duplicates));
    rest.remove_prefix(batch.size());
  }
  return fetched;
}

void Fetcher::SayNothing() {
  silent_.Set(0);
  other_database_.Set(0);
  trouble_ = absl::OkStatus();
}

absl::Status Fetcher::NoteAnswer(const absl::Status& answer, const std::string& database_id) {
  absl::Status status = answer;
  if (status.ok()) {
    status = store_.sources().NoteAnswer(source(), database_id, Deadline());
    // The own database's trouble says nothing of the producer.
    if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
  }
  silent_.Set(absl::IsUnavailable(status) ? 1 : 0);
  other_database_.Set(absl::IsFailedPrecondition(status) ? 1 : 0);
  if (trouble_.code() == status.code()) return status;
  trouble_ = status;
  if (status.ok()) {
    log_.Info("a producer answers again", {{"source", source()}});
  } else {
    log_.Warning("a producer's answer is missing: what the bus lost of it is not known",
                 {{"source", source()}, {"why", status}});
  }
  return status;
}

}  // namespace tally::inbox
