#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/base/step_thread.h"
#include "common/telemetry/health.h"

namespace tally::telemetry {

// What any step takes at most, with all its timeouts.
constexpr absl::Duration kStepTimeMax = absl::Minutes(1);

// Adds a liveness check that fails while the thread has completed no step for `step_time_max`. A
// thread that is gone has been stopped, and is not missed.
void AddThreadLiveness(Health& health, const std::string& name,
                       const std::shared_ptr<base::StepThread>& thread,
                       absl::Duration step_time_max = kStepTimeMax);

}  // namespace tally::telemetry
