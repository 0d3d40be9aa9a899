#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tally::base {

// What is wrong with `text`: it must be valid UTF-8 without control characters and have chars_min
// to chars_max code points. nullopt: nothing.
std::optional<std::string> TextProblem(absl::string_view text, int chars_min, int chars_max);

}  // namespace tally::base
