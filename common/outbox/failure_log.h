#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/telemetry/log.h"

namespace tally::outbox {

// Whether something fails; logs that it does, and that it works again, each once. Not thread-safe.
class FailureLog {
 public:
  // `what` as in "<what> fails".
  FailureLog(telemetry::Log& log, std::string what) : log_(log), what_(std::move(what)) {}

  void Note(const absl::Status& status) {
    if (status.ok() != failing_) return;
    failing_ = !status.ok();
    if (failing_) {
      log_.Warning(absl::StrCat(what_, " fails"), {{"why", status}});
    } else {
      log_.Info(absl::StrCat(what_, " works again"));
    }
  }

  bool failing() const { return failing_; }

 private:
  telemetry::Log& log_;
  const std::string what_;
  bool failing_ = false;
};

}  // namespace tally::outbox
