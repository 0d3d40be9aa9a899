#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace tally::telemetry {

// What liveness and readiness mean for this process: named checks, each asked when somebody asks.
// Liveness says "restart me if this fails" (a loop hangs); readiness says "send me no calls now"
// (own database away, draining). The message bus is in neither: orders are taken without it.
// Thread-safe. Checks must not block.
class Health {
 public:
  using Check = std::function<absl::Status()>;

  void AddLiveness(std::string name, Check check);
  void AddReadiness(std::string name, Check check);

  // OK, or the first failing check's status with its name in front.
  absl::Status Live() const;
  absl::Status Ready() const;

 private:
  struct Named {
    std::string name;
    Check check;
  };
  static absl::Status FirstFailure(const std::vector<Named>& checks);

  mutable absl::Mutex mutex_;
  std::vector<Named> liveness_ ABSL_GUARDED_BY(mutex_);
  std::vector<Named> readiness_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::telemetry
