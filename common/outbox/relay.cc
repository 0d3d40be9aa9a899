#include "common/outbox/relay.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace tally::outbox {
namespace {

constexpr absl::Duration kTableRetry = absl::Seconds(1);
constexpr int64_t kRunMax = 4096;  // events looked at, or read from the table, at a time
constexpr size_t kDuplicatesShown = 16;

ParkedRetrierOptions RetrierOptions(const RelayOptions& options) {
  ParkedRetrierOptions parked = options.parked;
  parked.backoff = options.refusal_backoff;
  return parked;
}

}  // namespace

Relay::Relay(RelayOptions options, LaneStore& store, ParkedStore& parked, Handover& handover,
             bus::Bus& bus, bus::Waker waker, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      store_(store),
      handover_(handover),
      clock_(clock),
      log_(telemetry.log),
      parked_total_(telemetry.metrics.AddCounter(
          "tally_relay_parked_total",
          "Events parked because the bus refused them for their own sake.")),
      unexpected_duplicates_total_(
          telemetry.metrics.AddCounter("tally_relay_unexpected_duplicates_total",
                                       "Lanes whose new events the stream held for duplicates: the "
                                       "database went back in time.")),
      read_failures_(telemetry.log, "reading events back"),
      held_(options_.lanes, store, handover, clock, telemetry),
      publisher_(options_.publisher, bus, std::move(waker), clock, telemetry),
      parked_(RetrierOptions(options_), parked, publisher_, clock, telemetry),
      pace_(options_.pace, options_.message_events_max, clock_.Now()) {}

absl::Duration Relay::Step() {
  held_.TakeNews();
  TakeResults();
  held_.KeepLeases();
  SettleRefusals();
  held_.SaveCursors();
  publisher_.KeepDeclared();
  Publish();
  pace_.Sent(std::exchange(sent_, 0), clock_.Now());
  if (parked_.Send(held_.SessionDeadline())) publisher_.Flush();
  ShowCondition();
  return Rest();
}

void Relay::TakeResults() {
  for (const StreamPublisher::Result& result : publisher_.TakeResults()) {
    RelayLane& lane = *result.lane;
    if (lane.parked) {
      parked_.Settle(result, held_.SessionDeadline());
      continue;
    }
    switch (result.outcome) {
      case bus::PublishOutcome::kDuplicate:
        if (result.first_time) CheckDuplicate(lane);
        [[fallthrough]];
      case bus::PublishOutcome::kStored:
        Published(lane, result.sequences);
        break;
      case bus::PublishOutcome::kRefused:
        Refused(result);
        break;
      case bus::PublishOutcome::kUnavailable:
        if (result.may_be_stored) {
          lane.unknown_through = std::max(lane.unknown_through, result.sequences.last);
        }
        SendAgain(lane, result.sequences);
        break;
    }
  }
}

void Relay::Published(RelayLane& lane, base::SequenceRange sequences) {
  for (int64_t sequence = sequences.first; sequence <= sequences.last; ++sequence) {
    lane.outbound.Published(sequence);
    if (!refusals_.empty()) refusals_.erase({lane.id, sequence});
  }
}

void Relay::SendAgain(RelayLane& lane, base::SequenceRange sequences) {
  for (int64_t sequence = sequences.first; sequence <= sequences.last; ++sequence) {
    lane.outbound.SendAgain(sequence);
  }
}

void Relay::CheckDuplicate(RelayLane& lane) {
  if (lane.alarmed || lane.closed) return;
  const auto status = store_.Find(lane.id, held_.SessionDeadline());
  if (!status.ok() || !status->open) return;
  lane.alarmed = true;
  unexpected_duplicates_total_.Increment();
  log_.Error("the stream holds other events under this lane's name: the database went back in time",
             {{"lane", lane.id}});
  absl::MutexLock lock(&mutex_);
  if (condition_.duplicates.size() >= kDuplicatesShown) return;
  condition_.duplicates.push_back({.lane_id = lane.id, .noticed = clock_.Now()});
}

RelayCondition Relay::GetCondition() const {
  absl::MutexLock lock(&mutex_);
  return condition_;
}

void Relay::ShowCondition() {
  absl::MutexLock lock(&mutex_);
  if (condition_.stalled_since == publisher_.stalled_since() &&
      condition_.stalled_by == publisher_.stalled_by()) {
    return;
  }
  condition_.stalled_since = publisher_.stalled_since();
  condition_.stalled_by = publisher_.stalled_by();
}

void Relay::Refused(const StreamPublisher::Result& result) {
  RelayLane& lane = *result.lane;
  const int64_t sequence = result.sequences.first;
  if (result.sequences.last != sequence) {
    lane.alone_through = std::max(lane.alone_through, result.sequences.last);
    return SendAgain(lane, result.sequences);
  }
  lane.outbound.Hold(sequence);
  Refusal& refusal = refusals_[{lane.id, sequence}];
  ++refusal.attempts;
  refusal.held = true;
  refusal.error = result.error;
  const bool last = refusal.attempts >= options_.refusals_max;
  refusal.retry_at =
      clock_.Now() +
      (last ? absl::ZeroDuration() : base::Delay(options_.refusal_backoff, refusal.attempts, 0));
}

void Relay::SettleRefusals() {
  for (auto it = refusals_.begin(); it != refusals_.end();) {
    auto& [key, refusal] = *it;
    const LanePtr lane = held_.Find(key.first);
    const bool settled = lane == nullptr || Settle(*lane, key.second, refusal);
    it = settled ? refusals_.erase(it) : std::next(it);
  }
}

bool Relay::Settle(RelayLane& lane, int64_t sequence, Refusal& refusal) {
  if (sequence <= lane.outbound.published_through()) return true;
  if (!refusal.held || clock_.Now() < refusal.retry_at) return false;
  if (refusal.attempts < options_.refusals_max) {
    refusal.held = false;
    lane.outbound.SendAgain(sequence);
    return false;
  }
  // Only as the cursor passes it: who takes the lane over would send once more what lies above.
  if (lane.outbound.published_through() + 1 < sequence) {
    refusal.retry_at = clock_.Now() + options_.refusal_backoff.initial;
    return false;
  }
  const absl::Status parked = Park(lane, sequence, refusal);
  read_failures_.Note(parked);
  refusal.retry_at = clock_.Now() + kTableRetry;
  return parked.ok();
}

absl::Status Relay::Park(RelayLane& lane, int64_t sequence, const Refusal& refusal) {
  ASSIGN_OR_RETURN(const std::vector<OutboxEvent> events,
                   store_.Read(lane.id, {sequence, sequence}, 1, 1, held_.SessionDeadline()));
  if (events.empty() && FindPublished(lane, sequence)) return absl::OkStatus();
  if (events.empty()) {
    return absl::DataLossError(absl::StrCat("event ", lane.id, "/", sequence, " is gone"));
  }
  const LaneStore::Refused refused = {.error = refusal.error,
                                      .attempts = refusal.attempts,
                                      .outcome_unknown = sequence <= lane.unknown_through};
  RETURN_IF_ERROR(store_.Park(lane.id, sequence, refused,
                              lane.outbound.ThroughIfPublished(sequence), held_.SessionDeadline()));
  lane.outbound.Published(sequence);
  lane.saved_through = lane.outbound.published_through();
  parked_total_.Increment();
  log_.Error("event parked", {{"lane", lane.id}, {"sequence", sequence}, {"why", refusal.error}});
  return absl::OkStatus();
}

void Relay::Publish() {
  std::vector<LanePtr> lanes = LanesWithEventsToSend();
  if (lanes.empty()) return;
  std::rotate(lanes.begin(), lanes.begin() + static_cast<ptrdiff_t>(++turn_ % lanes.size()),
              lanes.end());
  for (size_t i = 0; i < lanes.size(); ++i) {
    const size_t room = publisher_.Room();
    if (room == 0) break;
    const size_t share = std::max<size_t>(room / (lanes.size() - i), 1);
    PublishLane(lanes[i], share);
  }
  publisher_.Flush();
}

std::vector<Relay::LanePtr> Relay::LanesWithEventsToSend() {
  std::vector<LanePtr> lanes;
  for (const auto& [lane_id, lane] : held_.lanes()) {
    if (lane->read_after <= clock_.Now() && lane->outbound.NextRun(1).has_value()) {
      lanes.push_back(lane);
    }
  }
  return lanes;
}

void Relay::PublishLane(const LanePtr& lane, size_t messages) {
  while (messages > 0) {
    const auto run = lane->outbound.NextRun(
        std::min(kRunMax, static_cast<int64_t>(messages) * options_.message_events_max));
    if (!run.has_value()) return;
    DropBelow(*lane, run->first);
    size_t sent;
    if (!lane->cache.empty() && lane->cache.front().sequence == run->first) {
      sent = SendRun(lane, lane->cache, *run, messages);
    } else {
      std::deque<OutboxEvent> read = ReadTable(*lane, *run);
      sent = SendRun(lane, read, *run, messages);
    }
    if (sent == 0) return;
    messages -= sent;
  }
}

size_t Relay::SendRun(const LanePtr& lane, std::deque<OutboxEvent>& events, base::SequenceRange run,
                      size_t messages) {
  size_t sent = 0;
  while (sent < messages && run.first <= run.last && !events.empty() &&
         events.front().sequence == run.first && publisher_.Room() > 0) {
    std::vector<OutboxEvent> together = TakeTogether(*lane, events, run.last);
    run.first = together.back().sequence + 1;
    sent_ += static_cast<int64_t>(together.size());
    if (&events == &lane->cache) {
      for (const OutboxEvent& event : together) handover_.Release(event.bytes());
    }
    if (!publisher_.Send(lane, std::move(together))) break;
    ++sent;
  }
  return sent;
}

std::vector<OutboxEvent> Relay::TakeTogether(const RelayLane& lane, std::deque<OutboxEvent>& events,
                                             int64_t last) const {
  std::vector<OutboxEvent> together;
  const auto alone = events.front().sequence <= lane.alone_through;
  const auto events_max = static_cast<size_t>(alone ? 1 : options_.message_events_max);
  size_t bytes = 0;
  while (!events.empty() && together.size() < events_max) {
    OutboxEvent& next = events.front();
    bytes += next.payload.size();
    if (!together.empty()) {
      const OutboxEvent& before = together.back();
      if (next.sequence > last || next.sequence != before.sequence + 1 ||
          next.subject != before.subject || next.type != before.type ||
          bytes > options_.message_bytes_max) {
        break;
      }
    }
    together.push_back(std::move(next));
    events.pop_front();
  }
  return together;
}

void Relay::DropBelow(RelayLane& lane, int64_t sequence) {
  while (!lane.cache.empty() && lane.cache.front().sequence < sequence) {
    handover_.Release(lane.cache.front().bytes());
    lane.cache.pop_front();
  }
}

std::deque<OutboxEvent> Relay::ReadTable(RelayLane& lane, base::SequenceRange run) {
  if (!lane.cache.empty()) run.last = std::min(run.last, lane.cache.front().sequence - 1);
  auto events = store_.Read(lane.id, run, run.last - run.first + 1, options_.read_bytes_max,
                            held_.SessionDeadline());
  read_failures_.Note(events.status());
  if (events.ok() && !events->empty() && events->front().sequence == run.first) {
    return {std::make_move_iterator(events->begin()), std::make_move_iterator(events->end())};
  }
  if (events.ok() && FindPublished(lane, run.first)) return {};
  if (events.ok()) {
    log_.Error("the table lacks an event", {{"lane", lane.id}, {"sequence", run.first}});
  }
  lane.read_after = clock_.Now() + kTableRetry;
  return {};
}

bool Relay::FindPublished(RelayLane& lane, int64_t sequence) {
  const auto status = store_.Find(lane.id, held_.SessionDeadline());
  if (!status.ok() || status->published_through < sequence) return false;
  lane.outbound.PublishedElsewhere(status->published_through);
  return true;
}

absl::Duration Relay::Rest() {
  absl::Time at = held_.next_due();
  bool waiting = false;
  for (const auto& [lane_id, lane] : held_.lanes()) {
    if (!lane->outbound.NextRun(1).has_value()) continue;
    if (lane->read_after > clock_.Now()) {
      at = std::min(at, lane->read_after);
    } else {
      waiting = true;
    }
  }
  at = std::min({at, publisher_.next_try(waiting), parked_.next_due()});
  for (const auto& [key, refusal] : refusals_) {
    if (refusal.held) at = std::min(at, refusal.retry_at);
  }
  return std::max(at - clock_.Now(), absl::ZeroDuration());
}

void Relay::Stop(absl::Time deadline) {
  held_.TakeNews();
  TakeResults();
  held_.Release(deadline);
}

}  // namespace tally::outbox
