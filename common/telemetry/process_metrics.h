#pragma once

#include "common/telemetry/metrics.h"

namespace tally::telemetry {

// What every process tells about itself, under the names Prometheus' own clients use: resident
// memory, CPU time, open and allowed file descriptors, start time; read from /proc when Update() is
// called. Thread-safe.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Metrics& metrics);
  void Update();

 private:
  Gauge& resident_bytes_;
  Gauge& cpu_seconds_;
  Gauge& open_fds_;
  Gauge& max_fds_;
  Gauge& start_time_seconds_;
};

}  // namespace tally::telemetry
