#pragma once

#include <functional>
#include <string>
#include <utility>
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

  // What people should see beside the verdict: "name: text" in Details(), unless the text is empty.
  using Detail = std::function<std::string()>;
  void AddDetail(std::string name, Detail detail);

  // OK, or the first failing check's status with its name in front.
  absl::Status Live() const;
  absl::Status Ready() const;
  // A line for each detail that has something to say.
  std::string Details() const;

 private:
  struct Named {
    std::string name;
    Check check;
  };
  static absl::Status FirstFailure(const std::vector<Named>& checks);

  mutable absl::Mutex mutex_;
  std::vector<Named> liveness_ ABSL_GUARDED_BY(mutex_);
  std::vector<Named> readiness_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, Detail>> details_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::telemetry
