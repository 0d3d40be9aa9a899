#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/ops/alarm.h"
#include "tally/ops/v1/status.pb.h"

namespace tally::ops {

// How the bus looks from here: asks it, for a second at most. What it does not answer is left
// empty, and alarmed. `differences` are those of the last declaration.
void FillBusStatus(bus::Bus& bus, const bus::StreamConfig& stream,
                   const std::vector<std::string>& differences, v1::BusStatus& status,
                   Alarms& alarms);

// When whoever asks the bus for a status gives up.
absl::Time BusDeadline();

}  // namespace tally::ops
