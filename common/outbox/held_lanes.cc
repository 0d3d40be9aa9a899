#include "common/outbox/held_lanes.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "common/base/status_macros.h"

namespace tally::outbox {
namespace {

constexpr int kTakeOversMax = 16;    // at a time
constexpr size_t kLanesAtOnce = 64;  // above, no more are taken over before the next renewal

}  // namespace

HeldLanes::HeldLanes(HeldLanesOptions options, LaneStore& store, Handover& handover,
                     base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(options),
      store_(store),
      handover_(handover),
      wall_clock_(clock),
      clock_(clock),
      log_(telemetry.log),
      lanes_gauge_(
          telemetry.metrics.AddGauge("tally_outbox_lanes", "Lanes this process publishes.")),
      lag_events_(telemetry.metrics.AddGauge("tally_outbox_lag_events",
                                             "Events of its lanes that are not published.")),
      lag_seconds_(telemetry.metrics.AddGauge("tally_outbox_lag_seconds",
                                              "Age of the oldest event that is not published.")),
      takeovers_total_(telemetry.metrics.AddCounter("tally_relay_takeovers_total",
                                                    "Lanes taken over after their lease expired.")),
      lease_failures_(telemetry.log, "keeping the leases"),
      cursor_failures_(telemetry.log, "saving the cursors") {}

HeldLanes::LanePtr HeldLanes::Find(const std::string& lane_id) const {
  const auto it = lanes_.find(lane_id);
  return it == lanes_.end() ? nullptr : it->second;
}

void HeldLanes::TakeNews() {
  for (auto& [lane_id, news] : handover_.Take()) {
    if (news.opened) lanes_.emplace(lane_id, NewLane({.lane_id = lane_id, .open = true}));
    const LanePtr lane = Find(lane_id);
    if (lane == nullptr) {  // lost
      for (const OutboxEvent& event : news.events) handover_.Release(event.bytes());
      continue;
    }
    lane->outbound.set_head(news.closed ? news.head : std::max(news.head, lane->outbound.head()));
    lane->closed |= news.closed;
    std::move(news.events.begin(), news.events.end(), std::back_inserter(lane->cache));
  }
}

HeldLanes::LanePtr HeldLanes::NewLane(const LaneStatus& status) const {
  auto lane = std::make_shared<RelayLane>(
      status.lane_id, LaneOutbound(status.published_through, status.head, options_.ahead_max));
  lane->closed = !status.open;
  return lane;
}

void HeldLanes::KeepLeases() {
  const bool due = clock_.Now() >= renew_at_;
  if (!due && !TakesOverMore()) return;
  absl::Status status;
  if (due) {
    renew_at_ = clock_.Now() + options_.renew_every;
    status = Renew();
  }
  status.Update(TakeOverExpired());
  if (due) status.Update(ReportLag());
  lease_failures_.Note(status);
}

absl::Status HeldLanes::Renew() {
  if (lanes_.empty()) return absl::OkStatus();
  std::vector<std::string> held;
  for (const auto& [lane_id, lane] : lanes_) held.push_back(lane_id);
  ASSIGN_OR_RETURN(const auto renewed, store_.Renew(held, SessionDeadline()));
  const std::set<std::string> ours(renewed.begin(), renewed.end());
  for (const std::string& lane_id : held) {
    if (ours.contains(lane_id)) continue;
    log_.Warning("lease lost, another process publishes the lane", {{"lane", lane_id}});
    Drop(lane_id);
  }
  return absl::OkStatus();
}

absl::Status HeldLanes::TakeOverExpired() {
  more_expired_ = false;
  ASSIGN_OR_RETURN(const auto expired, store_.ListExpired(kTakeOversMax, SessionDeadline()));
  const size_t before = lanes_.size();
  for (const std::string& lane_id : expired) {
    if (clock_.Now() >= renew_at_) break;  // our own leases come first
    if (lanes_.contains(lane_id)) continue;
    const absl::Status taken = TakeOver(lane_id);
    if (absl::IsAborted(taken)) continue;  // its last batch is still under way
    RETURN_IF_ERROR(taken);
  }
  more_expired_ = expired.size() == kTakeOversMax && lanes_.size() > before;
  return absl::OkStatus();
}

absl::Status HeldLanes::TakeOver(const std::string& lane_id) {
  ASSIGN_OR_RETURN(const auto taken, store_.TakeOver(lane_id, SessionDeadline()));
  if (!taken.has_value()) return absl::OkStatus();
  const LanePtr lane = NewLane(*taken);
  lane->unknown_through = taken->head;
  lanes_.emplace(lane_id, lane);
  takeovers_total_.Increment();
  log_.Info("lane taken over", {{"lane", lane_id},
                                {"final_sequence", taken->head},
                                {"published_through", taken->published_through}});
  return absl::OkStatus();
}

absl::Status HeldLanes::ReportLag() {
  int64_t waiting = 0;
  absl::Time oldest = absl::InfiniteFuture();
  for (const auto& [lane_id, lane] : lanes_) {
    if (lane->outbound.done()) continue;
    const int64_t next = lane->outbound.published_through() + 1;
    waiting += lane->outbound.head() - next + 1;
    // Our own leases come first; lanes are in the order of their age, nearly.
    if (oldest < absl::InfiniteFuture() && clock_.Now() >= renew_at_) continue;
    ASSIGN_OR_RETURN(const auto events,
                     store_.Read(lane_id, {next, next}, 1, 1, SessionDeadline()));
    for (const OutboxEvent& event : events) oldest = std::min(oldest, event.record_time);
  }
  const absl::Duration age = std::max(wall_clock_.Now() - oldest, absl::ZeroDuration());
  lanes_gauge_.Set(static_cast<double>(lanes_.size()));
  lag_events_.Set(static_cast<double>(waiting));
  lag_seconds_.Set(absl::ToDoubleSeconds(age));
  return absl::OkStatus();
}

void HeldLanes::SaveCursors(absl::Time deadline) {
  if (clock_.Now() < save_at_ && !HasFinished()) return;
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
  cursor_failures_.Note(saved);
  if (!saved.ok()) return;
  for (const LaneStore::Progress& lane : progress) {
    lanes_.at(lane.lane_id)->saved_through = lane.published_through;
    if (lane.finished) Drop(lane.lane_id);
  }
}

bool HeldLanes::TakesOverMore() const { return more_expired_ && lanes_.size() < kLanesAtOnce; }

// Their place is for others. Not where saving fails: that has a time of its own.
bool HeldLanes::HasFinished() const {
  return !cursor_failures_.failing() &&
         std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane.second->finished(); });
}

absl::Time HeldLanes::next_due() const {
  if (TakesOverMore() || HasFinished()) return absl::InfinitePast();
  const bool unsaved = std::any_of(lanes_.begin(), lanes_.end(),
                                   [](const auto& lane) { return lane.second->unsaved(); });
  return unsaved ? std::min(renew_at_, save_at_) : renew_at_;
}

void HeldLanes::Drop(const std::string& lane_id) {
  const auto it = lanes_.find(lane_id);
  for (const OutboxEvent& event : it->second->cache) handover_.Release(event.bytes());
  lanes_.erase(it);
}

void HeldLanes::Release(absl::Time deadline) {
  save_at_ = absl::InfinitePast();
  SaveCursors(deadline);
  std::vector<std::string> held;
  for (const auto& [lane_id, lane] : lanes_) held.push_back(lane_id);
  if (!held.empty()) lease_failures_.Note(store_.Release(held, deadline));
}

}  // namespace tally::outbox
