#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/outbox/failure_log.h"
#include "common/outbox/handover.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/relay_lane.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct HeldLanesOptions {
  absl::Duration renew_every = absl::Seconds(1);
  absl::Duration cursor_every = absl::Milliseconds(500);
  absl::Duration session_timeout = absl::Seconds(1);  // waiting for a session of the database
  size_t ahead_max = 64 << 10;  // how far a lane may run ahead of an event that is refused
};

// The lanes that this process publishes, because it holds their leases:
//
//   opened by one of our writers    held from the news of it
//   lease of another has expired    closed, taken over, held
//   lease is no longer ours         dropped; its writer finds it closed and opens another
//   closed and published            the lease goes away with the last cursor
//
// One thread at a time; blocks only on the database.
class HeldLanes {
 public:
  using LanePtr = std::shared_ptr<RelayLane>;

  HeldLanes(HeldLanesOptions options, LaneStore& store, Handover& handover, base::Clock& clock,
            telemetry::Telemetry& telemetry);

  // By id. A lane that was dropped lives on, unused, where somebody still points to it.
  const std::map<std::string, LanePtr>& lanes() const { return lanes_; }
  LanePtr Find(const std::string& lane_id) const;

  void TakeNews();
  // When they are due: renews all leases, takes expired ones over, reports the lag.
  void KeepLeases();
  // When it is due, or a lane is finished: writes the cursors that rose, all in one transaction;
  // drops finished lanes.
  void SaveCursors(absl::Time deadline);
  void SaveCursors() { SaveCursors(SessionDeadline()); }
  // When one of the two is due next.
  absl::Time next_due() const;

  // Writes the last cursors and gives the leases up.
  void Release(absl::Time deadline);

  absl::Time SessionDeadline() { return wall_clock_.Now() + options_.session_timeout; }

 private:
  LanePtr NewLane(const LaneStatus& status) const;
  absl::Status Renew();
  absl::Status TakeOverExpired();
  bool TakesOverMore() const;
  bool HasFinished() const;
  absl::Status TakeOver(const std::string& lane_id);
  absl::Status ReportLag();
  void Drop(const std::string& lane_id);

  const HeldLanesOptions options_;
  LaneStore& store_;
  Handover& handover_;
  base::Clock& wall_clock_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  telemetry::Gauge& lanes_gauge_;
  telemetry::Gauge& lag_events_;
  telemetry::Gauge& lag_seconds_;
  telemetry::Counter& takeovers_total_;
  FailureLog lease_failures_;
  FailureLog cursor_failures_;

  std::map<std::string, LanePtr> lanes_;
  absl::Time renew_at_ = absl::InfinitePast();
  absl::Time save_at_ = absl::InfinitePast();
  bool more_expired_ = false;  // the last look took over as many as it may
};

}  // namespace tally::outbox
