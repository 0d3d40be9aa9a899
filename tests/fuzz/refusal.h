#pragma once

#include "absl/status/status.h"

namespace tally::fuzz {

// A request that is refused names what is wrong, within what a gRPC client accepts.
void CheckRefusal(const absl::Status& refusal);

}  // namespace tally::fuzz
