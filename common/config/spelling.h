#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::config {

// Number of characters to insert, remove, replace or swap with the next to turn one text into the
// other.
size_t EditDistance(absl::string_view a, absl::string_view b);

// The known word that `word` is a likely misspelling of; empty if none is near.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& known);

}  // namespace tally::config
