#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/base/step_thread.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

struct FollowedFilesOptions {
  std::string thread;  // at most 15 characters
  std::string what;    // "certificates", in the log
  std::string gauge;   // 1 while the files are wrong
  std::string help;
};

// Reads files again every second that may be replaced while the process runs. `read` takes them if
// they have changed and are right; otherwise what was taken before still counts: the gauge is 1,
// and a warning, one for each new reason, says why.
class FollowedFiles {
 public:
  // `read` and telemetry must outlive it.
  FollowedFiles(const FollowedFilesOptions& options, std::function<absl::Status()> read,
                telemetry::Telemetry& telemetry);

 private:
  absl::Duration Step();

  const std::string what_;
  const std::function<absl::Status()> read_;
  telemetry::Log& log_;
  telemetry::Gauge& refused_;
  absl::Status trouble_;
  base::StepThread thread_;  // last: it uses all of the above
};

}  // namespace tally::rpc
