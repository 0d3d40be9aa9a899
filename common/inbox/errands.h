#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/inbox/fetcher.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/pause.h"
#include "common/inbox/wanted_ranges.h"

namespace tally::inbox {

// What producers are asked without waiting for a round of healing, by any replica: to fill the gaps
// of lanes that have too many, lost or not, once a second at most, and what became of single events
// that somebody waits for. Bounded; what fails is forgotten, for who needs it asks again; gaps that
// an answer had no time for are asked for with the next. Run belongs to one thread, the rest is
// thread-safe.
class Errands {
 public:
  Errands(absl::Duration session_timeout, HealingStore& store, base::Clock& clock);

  void FillGaps(const std::string& lane_id, const std::string& source);
  // Whether the event is parked or void; either is kept. False: too many are asked for already.
  bool Inquire(const std::string& lane_id, int64_t sequence);

  // Blocks on the producers and the database for their timeouts.
  void Run(std::vector<Fetcher>& fetchers);

 private:
  // Whether the answer told of every gap that was asked for.
  absl::StatusOr<bool> FillLane(Fetcher& fetcher, const std::string& lane_id);
  absl::Status Ask(Fetcher& fetcher, const std::vector<LaneRange>& inquiries);
  absl::Time Deadline() { return clock_.Now() + session_timeout_; }

  const absl::Duration session_timeout_;
  HealingStore& store_;
  base::Clock& clock_;
  Pause filled_;
  absl::Mutex mutex_;
  std::map<std::string, std::string> gaps_ ABSL_GUARDED_BY(mutex_);  // lane → source
  std::vector<LaneRange> inquiries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::inbox
