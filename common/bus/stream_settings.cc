#include "common/bus/stream_settings.h"

#include <cstdint>

#include "absl/flags/flag.h"

ABSL_FLAG(
    int, stream_replicas, 1,
    "Servers that keep a copy of the event stream, 1 to 5. In production 3, on three servers.");
ABSL_FLAG(absl::Duration, stream_max_age, absl::Hours(72),
          "How long the stream keeps events, 1h to 8760h. Producers keep them longer themselves.");
ABSL_FLAG(
    int64_t, stream_max_bytes, -1,
    "Size at which the stream refuses events, which then wait with their producers; -1: none.");

namespace tally::bus {

void ReadStreamSettings(StreamConfig& stream, base::Violations& problems) {
  stream.replicas = absl::GetFlag(FLAGS_stream_replicas);
  stream.max_age = absl::GetFlag(FLAGS_stream_max_age);
  stream.max_bytes = absl::GetFlag(FLAGS_stream_max_bytes);
  if (stream.replicas < 1 || stream.replicas > 5) {
    problems.Add("--stream_replicas", "must be 1 to 5");
  }
  if (stream.max_age < absl::Hours(1) || stream.max_age > absl::Hours(8760)) {
    problems.Add("--stream_max_age", "must be 1h to 8760h");
  }
  if (stream.max_bytes != -1 && stream.max_bytes < 1 << 20) {
    problems.Add("--stream_max_bytes", "must be -1 (no limit) or at least 1048576");
  }
}

}  // namespace tally::bus
