#include "common/telemetry/thread_liveness.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tally::telemetry {

void AddThreadLiveness(Health& health, const std::string& name,
                       const std::shared_ptr<base::StepThread>& thread,
                       absl::Duration step_time_max) {
  health.AddLiveness(
      name, [weak = std::weak_ptr<base::StepThread>(thread), step_time_max]() -> absl::Status {
        const std::shared_ptr<base::StepThread> running = weak.lock();
        if (running == nullptr || running->SinceLastStep() < step_time_max) return absl::OkStatus();
        return absl::UnavailableError(
            absl::StrCat("no step was completed for ", absl::FormatDuration(step_time_max)));
      });
}

}  // namespace tally::telemetry
