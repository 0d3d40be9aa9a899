#include "common/telemetry/health.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace tally::telemetry {

void Health::AddLiveness(std::string name, Check check) {
  absl::MutexLock lock(&mutex_);
  liveness_.push_back({std::move(name), std::move(check)});
}

void Health::AddReadiness(std::string name, Check check) {
  absl::MutexLock lock(&mutex_);
  readiness_.push_back({std::move(name), std::move(check)});
}

void Health::AddDetail(std::string name, Detail detail) {
  absl::MutexLock lock(&mutex_);
  details_.emplace_back(std::move(name), std::move(detail));
}

absl::Status Health::Live() const {
  absl::MutexLock lock(&mutex_);
  return FirstFailure(liveness_);
}

absl::Status Health::Ready() const {
  absl::MutexLock lock(&mutex_);
  return FirstFailure(readiness_);
}

std::string Health::Details() const {
  absl::MutexLock lock(&mutex_);
  std::string lines;
  for (const auto& [name, detail] : details_) {
    const std::string text = detail();
    if (!text.empty()) absl::StrAppend(&lines, name, ": ", text, "\n");
  }
  return lines;
}

absl::Status Health::FirstFailure(const std::vector<Named>& checks) {
  for (const Named& named : checks) {
    const absl::Status status = named.check();
    if (!status.ok())
      return absl::Status(status.code(), absl::StrCat(named.name, ": ", status.message()));
  }
  return absl::OkStatus();
}

}  // namespace tally::telemetry
