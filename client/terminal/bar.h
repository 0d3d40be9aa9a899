#pragma once

#include <cstdint>
#include <string>

namespace tally::client {

// A horizontal bar of value / most × width columns: in eighths of a column with `fine` (block
// characters of Unicode), whole `#` without. A value above zero shows, however small; one below
// zero, or a width or `most` of zero or less, gives no bar.
std::string Bar(int64_t value, int64_t most, int width, bool fine);

}  // namespace tally::client
