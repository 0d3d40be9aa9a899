#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/bus/bus.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

struct NatsOptions {
  std::vector<std::string> urls;  // may hold passwords: never logged
  std::string name;               // shown by the server's connection list
  absl::Duration ping_interval = absl::Seconds(2);
  absl::Duration reconnect_wait = absl::Milliseconds(250);
};

// Never fails for lack of a server; INVALID_ARGUMENT for options no server could be reached with.
// nats.c is seen only inside common/bus.
absl::StatusOr<std::unique_ptr<Bus>> NewNatsBus(NatsOptions options,
                                                telemetry::Telemetry& telemetry);

}  // namespace tally::bus
