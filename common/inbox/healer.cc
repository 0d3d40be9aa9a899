#include "common/inbox/healer.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace tally::inbox {
namespace {

using Kind = Producer::RangeAnswer::Kind;
using Verdict = Finding::Verdict;

constexpr absl::Duration kLookEvery = absl::Milliseconds(250);
// JetStream acknowledges a message before its consumers have been told of it.
constexpr absl::Duration kToldWithin = absl::Milliseconds(200);
// Of the time after which a durable delivers again what was not acknowledged: when so many have
// passed, nothing will come.
constexpr int kStuckAfterAckWaits = 3;
// Renewed while resting too, so that another replica need not wait long for it.
constexpr absl::Duration kLease = absl::Seconds(8);
constexpr absl::Duration kRenewEvery = absl::Seconds(2);
constexpr absl::Duration kApplyAgainAfter = absl::Seconds(1);
constexpr size_t kRangesMaxPerLane = 10'000;
constexpr int64_t kFindingsMax = 1'000'000;

Verdict ToVerdict(Kind kind) {
  switch (kind) {
    case Kind::kParked:
      return Verdict::kParked;
    case Kind::kTrimmed:
      return Verdict::kTrimmed;
    default:
      return Verdict::kUnknown;
  }
}

std::vector<std::string> LaneIds(const std::vector<Extent>& lanes) {
  std::vector<std::string> ids;
  for (const Extent& lane : lanes) ids.push_back(lane.lane_id);
  return ids;
}

}  // namespace

Healer::Healer(HealerOptions options, std::vector<Fetcher>& fetchers, HealingStore& store,
               bus::Bus& bus, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      store_(store),
      bus_(bus),
      clock_(clock),
      telemetry_(telemetry),
      stuck_(telemetry.metrics.AddGauge(
          "tally_healing_durable_stuck",
          "1 while the durable delivers nothing: the stream lost what it waits for.")) {
  for (Fetcher& fetcher : fetchers) sources_.emplace_back(fetcher);
  telemetry.health.AddDetail("missing", [weak = std::weak_ptr(detail_)] {
    const std::shared_ptr<Detail> detail = weak.lock();
    if (detail == nullptr) return std::string();
    absl::MutexLock lock(&detail->mutex);
    return detail->text;
  });
}

absl::Duration Healer::Step() {
  const absl::Time now = clock_.Now();
  const absl::Status status = Advance(now);
  if (!status.ok()) {
    if (!failing_) telemetry_.log.Warning("healing fails", {{"why", status}});
    failing_ = true;
    Recover(now);
  }
  switch (phase_) {
    case Phase::kResting:
      return rest_.Left(clock_.Now());
    case Phase::kWaiting:
      return kLookEvery;
    case Phase::kFetching:
      return absl::ZeroDuration();
  }
  return absl::ZeroDuration();
}

// What cannot be applied here cannot be applied by another replica: its database and its handler
// are the same.
void Healer::Recover(absl::Time now) {
  if (phase_ != Phase::kFetching) return Yield(now);
  phase_ = Phase::kResting;
  rest_.Begin(now, std::min(options_.every, kApplyAgainAfter));
}

void Healer::Yield(absl::Time now) {
  Stop();
  phase_ = Phase::kResting;
  rest_.Begin(now, options_.yield_for);
}

void Healer::Stop() {
  if (leading_) store_.ReleaseLease(options_.holder, Deadline()).IgnoreError();
  leading_ = false;
}

absl::Status Healer::Advance(absl::Time now) {
  bool due = phase_ != Phase::kResting || rest_.Over(now);
  const bool renew = now < lease_renewed_ || now - lease_renewed_ >= kRenewEvery;
  if (renew && (leading_ || due)) {
    ASSIGN_OR_RETURN(const HealingStore::Lease lease,
                     store_.TakeLease(options_.holder, kLease, Deadline()));
    leading_ = lease != HealingStore::Lease::kAnothers;
    lease_renewed_ = now;
    if (lease == HealingStore::Lease::kTaken) {  // the round under way, if any, is out of date
      phase_ = Phase::kResting;
      due = true;
    }
  }
  if (!due) return absl::OkStatus();
  if (!leading_) {
    SayNothing();
    phase_ = Phase::kResting;
    rest_.Begin(now, kRenewEvery);
    return absl::OkStatus();
  }
  switch (phase_) {
    case Phase::kResting:
      return BeginRound(now);
    case Phase::kWaiting:
      return Wait(now);
    case Phase::kFetching:
      return Fetch();
  }
  return absl::OkStatus();
}

absl::Status Healer::BeginRound(absl::Time now) {
  every_lane_ = now < every_lane_at_ || now - every_lane_at_ >= options_.every_lane_every;
  fetched_ = 0;
  bool anyone = false;
  for (Source& source : sources_) {
    source.answered = AskForLanes(source).ok();  // The fetcher says so if not.
    anyone = anyone || source.answered;
  }
  if (!anyone) {
    Yield(now);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CompareAll(now));
  const bool all_covered = std::all_of(sources_.begin(), sources_.end(), [](const Source& source) {
    return source.uncovered.empty();
  });
  if (all_covered && !durable_stuck()) return EndRound(now);
  ASSIGN_OR_RETURN(stream_, bus_.GetStreamState(options_.durable.stream, BusDeadline()));
  told_.Begin(clock_.Now(), kToldWithin);
  Moved({}, clock_.Now());
  phase_ = Phase::kWaiting;
  return absl::OkStatus();
}

absl::Status Healer::AskForLanes(Source& source) {
  RETURN_IF_ERROR(store_.database().Run(
      db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(source.covered_before,
                         store_.ReadCovered(transaction, source.fetcher.source()));
        return absl::OkStatus();
      }));
  ASSIGN_OR_RETURN(source.lanes, source.fetcher.ListLanes(every_lane_));
  KnownLanes known;
  for (const auto& [lane_id, covered] : source.covered_before) known.consumers.insert(lane_id);
  for (const Extent& lane : source.lanes) {
    if (lane.current) known.producers.insert(lane.lane_id);
  }
  if (known != source.known_lanes) {
    if (!every_lane_) every_lane_at_ = absl::InfinitePast();
    source.known_lanes = std::move(known);
  }
  std::map<std::string, int64_t> published_through;
  for (const Extent& lane : source.lanes) published_through[lane.lane_id] = lane.published_through;
  std::map<std::string, int64_t> changed;
  std::set_difference(published_through.begin(), published_through.end(),
                      source.published_through.begin(), source.published_through.end(),
                      std::inserter(changed, changed.end()));
  RETURN_IF_ERROR(store_.SavePublished(changed, Deadline()));
  source.published_through = std::move(published_through);
  return absl::OkStatus();
}

absl::Status Healer::CompareAll(absl::Time now) {
  return store_.database().Run(db::Mode::kRead, Deadline(),
                               [&](db::Transaction& transaction) -> absl::Status {
                                 for (Source& source : sources_) {
                                   RETURN_IF_ERROR(Compare(transaction, source, now));
                                 }
                                 return absl::OkStatus();
                               });
}

absl::Status Healer::Compare(db::Transaction& transaction, Source& source, absl::Time now) {
  const std::string& name = source.fetcher.source();
  source.uncovered = source.to_ask = WantedRanges();
  source.known.clear();
  ASSIGN_OR_RETURN(source.before, store_.ListFindings(transaction, {.source = name}, kFindingsMax));
  if (!source.answered) return absl::OkStatus();

  const std::vector<std::string> listed = LaneIds(source.lanes);
  std::set<std::string> lane_ids(listed.begin(), listed.end());
  const std::set<std::string> answered = lane_ids;
  for (const Finding& finding : source.before) lane_ids.insert(finding.lane_id);
  ASSIGN_OR_RETURN(
      CoveredLanes covered,
      store_.ReadCovered(transaction, std::vector<std::string>(lane_ids.begin(), lane_ids.end())));
  source.uncovered = Uncovered(source.lanes, covered, kRangesMaxPerLane);
  ASSIGN_OR_RETURN(const CoveredLanes accepted, store_.ListAccepted(transaction));
  source.kept = LostHistory(name, source.lanes, every_lane_, source.covered_before, accepted, now);
  for (const Finding& finding : source.before) {
    if (finding.covered) {
      // Compared anew. Lanes that are not listed any more have not changed since.
      if (answered.contains(finding.lane_id) || every_lane_) continue;
      source.kept.push_back(finding);
      if (covered[finding.lane_id].highest() > finding.range.last) {
        every_lane_at_ = absl::InfinitePast();
      }
      continue;
    }
    // Also behind the lane's end: it may have lost what it had published.
    for (const base::SequenceRange gap : covered[finding.lane_id].Missing(finding.range)) {
      source.uncovered.Add(finding.lane_id, gap);
    }
  }
  return absl::OkStatus();
}

absl::Status Healer::Wait(absl::Time now) {
  ASSIGN_OR_RETURN(const bool arrived, AllArrived(now));
  if (phase_ != Phase::kWaiting || !arrived) return absl::OkStatus();
  RETURN_IF_ERROR(CompareAll(now));
  for (Source& source : sources_) {
    RETURN_IF_ERROR(Save(source, now));
    source.to_ask = source.uncovered;
  }
  phase_ = Phase::kFetching;
  return absl::OkStatus();
}

absl::StatusOr<bool> Healer::AllArrived(absl::Time now) {
  const absl::StatusOr<bus::DurableState> durable =
      bus_.GetDurableState(options_.durable.stream, options_.durable.name, BusDeadline());
  // Asked after the durable, so that it was this stream's.
  ASSIGN_OR_RETURN(const bus::StreamState stream,
                   bus_.GetStreamState(options_.durable.stream, BusDeadline()));
  if (stream.created != stream_.created) {
    phase_ = Phase::kResting;
    rest_ = Pause();
    return false;
  }
  if (!durable.ok()) return false;  // The consumer declares it again.
  if (durable->description != options_.durable.description) {
    return absl::FailedPreconditionError("the durable feeds another database");
  }
  const bool all_delivered = durable->pending == 0 && durable->ack_pending == 0;
  if (durable->ack_floor_stream_sequence < stream_.last_sequence && !all_delivered) {
    return Stuck(*durable, now);
  }
  stuck_.Set(0);
  return durable->ack_floor_stream_sequence >= stream_.last_sequence || told_.Over(now);
}

void Healer::Moved(const bus::DurableState& durable, absl::Time now) {
  moved_ = durable;
  still_.Begin(now, kStuckAfterAckWaits * options_.durable.ack_wait);
}

bool Healer::Stuck(const bus::DurableState& durable, absl::Time now) {
  if (durable.deliveries != moved_.deliveries || durable.ack_pending != moved_.ack_pending ||
      durable.ack_floor_stream_sequence != moved_.ack_floor_stream_sequence) {
    Moved(durable, now);
  }
  if (!still_.Over(now) || durable.waiting == 0) return false;
  if (!durable_stuck()) {
    telemetry_.log.Warning(
        "the durable delivers nothing any more: the stream lost what awaits acknowledgement; "
        "deleted, it is made again and delivers what there is",
        {{"durable", options_.durable.name}, {"awaits", durable.ack_pending}});
  }
  stuck_.Set(1);
  return true;
}

absl::Status Healer::Fetch() {
  const auto source = std::find_if(sources_.begin(), sources_.end(),
                                   [](const Source& s) { return !s.to_ask.empty(); });
  if (source == sources_.end()) return EndRound(clock_.Now());
  const std::vector<LaneRange> ranges = source->to_ask.Lowest(Producer::kRangesMax);
  const int64_t before = source->to_ask.events();
  if (auto answers = source->fetcher.Ask(ranges); answers.ok()) {
    ASSIGN_OR_RETURN(const int64_t fetched, source->fetcher.Apply(*answers));
    fetched_ += fetched;
    for (const Producer::RangeAnswer& answer : *answers) TakeDown(*source, answer);
  }
  // What was not answered now is asked for in the next round.
  if (source->to_ask.events() == before) source->to_ask = WantedRanges();
  return absl::OkStatus();
}

absl::Status Healer::EndRound(absl::Time now) {
  bool all = true;
  for (Source& source : sources_) {
    RETURN_IF_ERROR(Save(source, now));
    all = all && source.answered;
  }
  if (all) {
    RETURN_IF_ERROR(store_.NoteCompared(options_.holder, every_lane_, Deadline()));
    if (every_lane_) every_lane_at_ = now;
  }
  if (fetched_ > 0) {
    telemetry_.log.Info("healed: the bus had lost events, their producers had them",
                        {{"events", fetched_}});
  }
  failing_ = false;
  Show();
  phase_ = Phase::kResting;
  rest_.Begin(now, options_.every);
  return absl::OkStatus();
}

absl::Status Healer::Save(Source& source, absl::Time now) {
  if (!source.answered) return absl::OkStatus();
  std::vector<Finding> known = source.known;
  known.insert(known.end(), source.before.begin(), source.before.end());
  std::vector<Finding> findings = ToFindings(source.fetcher.source(), source.uncovered, known, now);
  findings.insert(findings.end(), source.kept.begin(), source.kept.end());
  SortFindings(findings);
  KeepNoticeTimes(source.before, findings);
  if (findings == source.before) return absl::OkStatus();
  RETURN_IF_ERROR(
      store_.ReplaceFindings(options_.holder, source.fetcher.source(), findings, Deadline()));
  source.before = std::move(findings);
  return absl::OkStatus();
}

void Healer::TakeDown(Source& source, const Producer::RangeAnswer& answer) {
  const auto& [lane_id, range] = answer.asked;
  source.to_ask.Remove(lane_id, range);
  if (answer.kind == Kind::kEvents || answer.kind == Kind::kVoid) {
    source.uncovered.Remove(lane_id, range);
  } else {
    source.known.push_back({.lane_id = lane_id,
                            .range = range,
                            .source = source.fetcher.source(),
                            .verdict = ToVerdict(answer.kind)});
  }
}

// Another replica heals: what is found is its to say.
void Healer::SayNothing() {
  failing_ = false;
  stuck_.Set(0);
  for (Source& source : sources_) source.fetcher.SayNothing();
  for (auto& [verdict, events] : shown_) FindingsGauge(verdict).Set(0);
  shown_.clear();
  absl::MutexLock lock(&detail_->mutex);
  detail_->text.clear();
}

telemetry::Gauge& Healer::FindingsGauge(Verdict verdict) {
  return telemetry_.metrics.AddGauge("tally_healing_findings",
                                     "Events in which a producer and this consumer do not agree.",
                                     {{"verdict", std::string(Name(verdict))}});
}

void Healer::Show() {
  std::map<Verdict, int64_t> events;
  for (const Source& source : sources_) {
    for (const Finding& finding : source.before) {
      events[finding.verdict] += finding.range.last - finding.range.first + 1;
    }
  }
  std::vector<std::string> said;
  for (const Verdict verdict :
       {Verdict::kUnanswered, Verdict::kParked, Verdict::kTrimmed, Verdict::kUnknown}) {
    const std::string name(Name(verdict));
    if (events[verdict] > 0) said.push_back(absl::StrCat(events[verdict], " events ", name));
    FindingsGauge(verdict).Set(static_cast<double>(events[verdict]));
    if ((shown_[verdict] == 0) == (events[verdict] == 0)) continue;
    if (events[verdict] > 0) {
      telemetry_.log.Warning("events are missing, or known here alone",
                             {{"verdict", name}, {"events", events[verdict]}});
    } else {
      telemetry_.log.Info("no such events any more", {{"verdict", name}});
    }
  }
  shown_ = std::move(events);
  absl::MutexLock lock(&detail_->mutex);
  detail_->text = absl::StrJoin(said, ", ");
}

}  // namespace tally::inbox
