#pragma once

#include <vector>

#include "absl/time/time.h"
#include "common/bus/bus.h"

namespace tally::inbox {

// Publishes until the stream has stored each, under ids unlike any before: what it has already is
// stored once more. False if it takes longer than `patience`.
bool PublishAll(bus::Bus& bus, const std::vector<bus::Message>& messages, absl::Duration patience);

}  // namespace tally::inbox
