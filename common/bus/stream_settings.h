#pragma once

#include "common/base/violations.h"
#include "common/bus/bus.h"

namespace tally::bus {

// Completes a stream's declaration with the flags that all its producers and consumers share
// (--stream_replicas,
// --stream_max_age, --stream_max_bytes): give all of them the same values. Adds a problem for each
// value that is wrong.
void ReadStreamSettings(StreamConfig& stream, base::Violations& problems);

}  // namespace tally::bus
