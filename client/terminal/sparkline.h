#pragma once

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace tally::client {

// One column for each value, as high as it is compared with the highest; 0 and less is a space.
// `fine`: block characters of Unicode, else ASCII.
std::string Sparkline(absl::Span<const int64_t> values, bool fine);

}  // namespace tally::client
