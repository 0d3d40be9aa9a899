#pragma once

#include "common/telemetry/health.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"

namespace tally::telemetry {

// What every long-lived role is given to be seen by: owned by main (or a test), outlives all that
// use it.
struct Telemetry {
  Metrics metrics;
  Log log;
  Health health;

  // Registers tally_build_info{service,version} and tally_log_messages_total{level} for warnings
  // and errors.
  Telemetry(LogFormat format, LogLevel minimum, absl::string_view service);
};

}  // namespace tally::telemetry
