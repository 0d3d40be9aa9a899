#include "common/outbox/relay.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace tally::outbox {
namespace {

constexpr int kTakeOversMax = 16;  // in one step
constexpr absl::Duration kTableRetry = absl::Seconds(1);
// How far a lane may run ahead of an event that is refused, in windows.
constexpr size_t kWindowsAhead = 16;

}  // namespace

Relay::Relay(RelayOptions options, LaneStore& lanes, Handover& handover, bus::Bus& bus,
             bus::Waker waker, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      store_(lanes),
      handover_(handover),
      wall_clock_(clock),
      clock_(clock),
      log_(telemetry.log),
      lanes_gauge_(telemetry.metrics.AddGauge("tally_outbox_lanes", "Lanes this process publishes.")),
      lag_events_(telemetry.metrics.AddGauge("tally_outbox_lag_events",
                                             "Events of its lanes that are not published.")),
      lag_seconds_(telemetry.metrics.AddGauge("tally_outbox_lag_seconds",
                                              "Age of the oldest event that is not published.")),
      parked_total_(telemetry.metrics.AddCounter(
          "tally_relay_parked_total", "Events parked because the bus refused them for their own sake.")),
      takeovers_total_(telemetry.metrics.AddCounter("tally_relay_takeovers_total",
                                                    "Lanes taken over after their lease expired.")),
      unexpected_duplicates_total_(telemetry.metrics.AddCounter(
          "tally_relay_unexpected_duplicates_total",
          "Lanes whose new events the stream held for duplicates: the database went back in time.")),
      publisher_(options_.publisher, bus, std::move(waker), clock, telemetry) {}

absl::Duration Relay::Step() {
  TakeNews();
  TakeResults();
  if (clock_.Now() >= renew_at_) KeepLeases();
  SettleRefusals();
  SaveCursors(SessionDeadline());
  Publish();
  return Rest();
}

void Relay::TakeNews() {
  for (auto& [lane_id, news] : handover_.Take()) {
    if (news.opened) {
      lanes_.emplace(lane_id, NewLane({.lane_id = lane_id, .open = true}));
    }
    const auto it = lanes_.find(lane_id);
    if (it == lanes_.end()) {  // lost
      for (const OutboxEvent& event : news.events) handover_.Release(event.bytes());
      continue;
    }
    RelayLane& lane = *it->second;
    if (news.closed || news.head > lane.outbound.head()) lane.outbound.set_head(news.head);
    lane.closed |= news.closed;
    std::move(news.events.begin(), news.events.end(), std::back_inserter(lane.cache));
  }
}

Relay::LanePtr Relay::NewLane(const LaneStatus& status) const {
  const size_t ahead_max = kWindowsAhead * options_.publisher.window_messages;
  auto lane = std::make_shared<RelayLane>(
      status.lane_id, LaneOutbound(status.published_through, status.head, ahead_max));
  lane->closed = !status.open;
  return lane;
}

void Relay::TakeResults() {
  for (const StreamPublisher::Result& result : publisher_.TakeResults()) {
    RelayLane& lane = *result.lane;
    switch (result.outcome) {
      case bus::PublishOutcome::kDuplicate:
        if (result.first_time) CheckDuplicate(lane);
        [[fallthrough]];
      case bus::PublishOutcome::kStored:
        lane.outbound.Published(result.sequence);
        if (!refusals_.empty()) refusals_.erase({lane.id, result.sequence});
        break;
      case bus::PublishOutcome::kRefused:
        Refused(result);
        break;
      case bus::PublishOutcome::kUnavailable:
        lane.outbound.SendAgain(result.sequence);
        break;
    }
  }
}

void Relay::CheckDuplicate(RelayLane& lane) {
  if (lane.alarmed || lane.closed) return;
  const auto status = store_.Find(lane.id, SessionDeadline());
  if (!status.ok() || !status->open) return;
  lane.alarmed = true;
  unexpected_duplicates_total_.Increment();
  log_.Error("the stream holds other events under this lane's name: the database went back in time",
             {{"lane", lane.id}});
}

void Relay::Refused(const StreamPublisher::Result& result) {
  result.lane->outbound.Hold(result.sequence);
  Refusal& refusal = refusals_[{result.lane->id, result.sequence}];
  ++refusal.attempts;
  refusal.held = true;
  refusal.error = result.error;
  const bool last = refusal.attempts >= options_.refusals_max;
  refusal.retry_at = clock_.Now() + (last ? absl::ZeroDuration()
                                          : base::Delay(options_.refusal_backoff, refusal.attempts, 0));
}

void Relay::SettleRefusals() {
  for (auto it = refusals_.begin(); it != refusals_.end();) {
    auto& [key, refusal] = *it;
    const auto lane = lanes_.find(key.first);
    bool settled = lane == lanes_.end();
    if (!settled && refusal.held && refusal.retry_at <= clock_.Now()) {
      if (refusal.attempts < options_.refusals_max) {
        refusal.held = false;
        lane->second->outbound.SendAgain(key.second);
      } else {
        const absl::Status parked = Park(*lane->second, key.second, refusal);
        NoteDatabase(parked);
        settled = parked.ok();
        refusal.retry_at = clock_.Now() + kTableRetry;
      }
    }
    it = settled ? refusals_.erase(it) : std::next(it);
  }
}

absl::Status Relay::Park(RelayLane& lane, int64_t sequence, const Refusal& refusal) {
  ASSIGN_OR_RETURN(const std::vector<OutboxEvent> events,
                   store_.Read(lane.id, {sequence, sequence}, 1, 1, SessionDeadline()));
  if (events.empty()) {
    return absl::DataLossError(absl::StrCat("event ", lane.id, "/", sequence, " is gone"));
  }
  RETURN_IF_ERROR(store_.Park(lane.id, events.front(), refusal.error, refusal.attempts,
                              lane.outbound.ThroughIfPublished(sequence), SessionDeadline()));
  lane.outbound.Published(sequence);
  lane.saved_through = lane.outbound.published_through();
  parked_total_.Increment();
  log_.Error("event parked", {{"lane", lane.id}, {"sequence", sequence}, {"why", refusal.error}});
  return absl::OkStatus();
}

void Relay::KeepLeases() {
  renew_at_ = clock_.Now() + options_.renew_every;
  Renew();
  TakeOverExpired();
  ReportLag();
}

void Relay::Renew() {
  if (lanes_.empty()) return;
  std::vector<std::string> held;
  for (const auto& [lane_id, lane] : lanes_) held.push_back(lane_id);
  const auto renewed = store_.Renew(held, SessionDeadline());
  NoteDatabase(renewed.status());
  if (!renewed.ok()) return;
  const std::set<std::string> ours(renewed->begin(), renewed->end());
  for (const std::string& lane_id : held) {
    if (ours.contains(lane_id)) continue;
    log_.Warning("lease lost, another process publishes the lane", {{"lane", lane_id}});
    Drop(lane_id);
  }
}

void Relay::TakeOverExpired() {
  const auto expired = store_.ListExpired(kTakeOversMax, SessionDeadline());
  NoteDatabase(expired.status());
  if (!expired.ok()) return;
  for (const std::string& lane_id : *expired) {
    if (lanes_.contains(lane_id)) continue;
    if (clock_.Now() >= renew_at_) return;
    const auto taken = store_.TakeOver(lane_id, SessionDeadline());
    if (absl::IsAborted(taken.status())) continue;  // its last batch is under way: next time
    NoteDatabase(taken.status());
    if (!taken.ok()) return;
    if (!taken->has_value()) continue;
    const LaneStatus& status = **taken;
    lanes_.emplace(lane_id, NewLane(status));
    takeovers_total_.Increment();
    log_.Info("lane taken over", {{"lane", lane_id},
                                  {"final_sequence", status.head},
                                  {"published_through", status.published_through}});
  }
}

void Relay::ReportLag() {
  int64_t waiting = 0;
  absl::Time oldest = absl::InfiniteFuture();
  for (const auto& [lane_id, lane] : lanes_) {
    if (lane->outbound.done()) continue;
    const int64_t next = lane->outbound.published_through() + 1;
    waiting += lane->outbound.head() - next + 1;
    const auto events = store_.Read(lane_id, {next, next}, 1, 1, SessionDeadline());
    if (!events.ok()) break;
    for (const OutboxEvent& event : *events) oldest = std::min(oldest, event.record_time);
  }
  const absl::Duration age = std::max(wall_clock_.Now() - oldest, absl::ZeroDuration());
  lanes_gauge_.Set(static_cast<double>(lanes_.size()));
  lag_events_.Set(static_cast<double>(waiting));
  lag_seconds_.Set(absl::ToDoubleSeconds(age));
}

void Relay::Drop(const std::string& lane_id) {
  const auto it = lanes_.find(lane_id);
  for (const OutboxEvent& event : it->second->cache) handover_.Release(event.bytes());
  lanes_.erase(it);
}

void Relay::SaveCursors(absl::Time deadline) {
  if (clock_.Now() < save_at_) return;
  std::vector<LaneStore::Progress> progress;
  for (const auto& [lane_id, lane] : lanes_) {
    if (!lane->unsaved()) continue;
    progress.push_back({.lane_id = lane_id,
                        .published_through = lane->outbound.published_through(),
                        .finished = lane->finished()});
  }
  if (progress.empty()) return;
  save_at_ = clock_.Now() + options_.cursor_every;
  const absl::Status saved = store_.Advance(progress, deadline);
  NoteDatabase(saved);
  if (!saved.ok()) return;
  for (const LaneStore::Progress& lane : progress) {
    lanes_.at(lane.lane_id)->saved_through = lane.published_through;
    if (lane.finished) Drop(lane.lane_id);
  }
}

void Relay::Publish() {
  std::vector<LanePtr> lanes = LanesWithEventsToSend();
  if (lanes.empty()) return;
  std::rotate(lanes.begin(), lanes.begin() + static_cast<ptrdiff_t>(++turn_ % lanes.size()), lanes.end());
  for (size_t i = 0; i < lanes.size(); ++i) {
    const size_t room = publisher_.Room();
    if (room == 0) break;
    const size_t share = std::max<size_t>(room / (lanes.size() - i), 1);
    PublishLane(lanes[i], static_cast<int64_t>(share));
  }
  publisher_.Flush();
}

std::vector<Relay::LanePtr> Relay::LanesWithEventsToSend() {
  std::vector<LanePtr> lanes;
  for (const auto& [lane_id, lane] : lanes_) {
    if (lane->read_after <= clock_.Now() && lane->outbound.NextRun(1).has_value()) {
      lanes.push_back(lane);
    }
  }
  return lanes;
}

void Relay::PublishLane(const LanePtr& lane, int64_t count) {
  while (count > 0) {
    const auto run = lane->outbound.NextRun(count);
    if (!run.has_value()) return;
    DropBelow(*lane, run->first);
    const bool cached = !lane->cache.empty() && lane->cache.front().sequence == run->first;
    const int64_t sent = cached ? SendFromCache(lane, *run) : SendFromTable(lane, *run);
    if (sent == 0) return;
    count -= sent;
  }
}

void Relay::DropBelow(RelayLane& lane, int64_t sequence) {
  while (!lane.cache.empty() && lane.cache.front().sequence < sequence) {
    handover_.Release(lane.cache.front().bytes());
    lane.cache.pop_front();
  }
}

int64_t Relay::SendFromCache(const LanePtr& lane, base::SequenceRange run) {
  std::deque<OutboxEvent>& cache = lane->cache;
  int64_t next = run.first;
  for (; next <= run.last && !cache.empty() && cache.front().sequence == next; ++next) {
    if (publisher_.Room() == 0) break;
    handover_.Release(cache.front().bytes());
    const bool sent = publisher_.Send(lane, std::move(cache.front()));
    cache.pop_front();
    if (!sent) break;
  }
  return next - run.first;
}

int64_t Relay::SendFromTable(const LanePtr& lane, base::SequenceRange run) {
  if (!lane->cache.empty()) run.last = std::min(run.last, lane->cache.front().sequence - 1);
  int64_t sent = 0;
  for (OutboxEvent& event : ReadTable(*lane, run)) {
    if (publisher_.Room() == 0 || !publisher_.Send(lane, std::move(event))) break;
    ++sent;
  }
  return sent;
}

std::vector<OutboxEvent> Relay::ReadTable(RelayLane& lane, base::SequenceRange run) {
  auto events = store_.Read(lane.id, run, run.last - run.first + 1, options_.read_bytes_max,
                            SessionDeadline());
  NoteDatabase(events.status());
  if (events.ok() && !events->empty() && events->front().sequence == run.first) {
    return *std::move(events);
  }
  if (events.ok()) {
    log_.Error("the table lacks an event", {{"lane", lane.id}, {"sequence", run.first}});
  }
  lane.read_after = clock_.Now() + kTableRetry;
  return {};
}

absl::Duration Relay::Rest() {
  absl::Time at = renew_at_;
  bool waiting = false;
  for (const auto& [lane_id, lane] : lanes_) {
    if (lane->unsaved()) at = std::min(at, save_at_);
    if (!lane->outbound.NextRun(1).has_value()) continue;
    if (lane->read_after > clock_.Now()) {
      at = std::min(at, lane->read_after);
    } else {
      waiting = true;
    }
  }
  at = std::min(at, publisher_.next_try(waiting));
  for (const auto& [key, refusal] : refusals_) {
    if (refusal.held) at = std::min(at, refusal.retry_at);
  }
  return std::max(at - clock_.Now(), absl::ZeroDuration());
}

void Relay::NoteDatabase(const absl::Status& status) {
  if (!status.ok() && !database_failed_) {
    log_.Warning("the outbox cannot use its database", {{"why", status}});
  }
  database_failed_ = !status.ok();
}

void Relay::Stop(absl::Time deadline) {
  TakeNews();
  TakeResults();
  save_at_ = absl::InfinitePast();
  SaveCursors(deadline);
  std::vector<std::string> held;
  for (const auto& [lane_id, lane] : lanes_) held.push_back(lane_id);
  if (!held.empty()) NoteDatabase(store_.Release(held, deadline));
}

}  // namespace tally::outbox
