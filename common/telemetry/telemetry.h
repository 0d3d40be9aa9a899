#pragma once

#include "common/telemetry/health.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"

namespace tally::telemetry {

// What every long-lived role is given to be seen by: owned by main (or a test), outlives all that use it.
struct Telemetry {
  Log log;
  Metrics metrics;
  Health health;

  Telemetry(LogFormat format, LogLevel minimum, absl::string_view service) : log(format, minimum, service) {}
};

}  // namespace tally::telemetry
