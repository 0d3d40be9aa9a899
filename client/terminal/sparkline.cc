#include "client/terminal/sparkline.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace tally::client {
namespace {

constexpr int kLevels = 8;
constexpr const char* kFine[kLevels] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kCoarse[kLevels] = {".", ":", "-", "=", "+", "*", "#", "@"};

}  // namespace

std::string Sparkline(absl::Span<const int64_t> values, bool fine) {
  const auto highest = std::max_element(values.begin(), values.end());
  std::string line;
  for (const int64_t value : values) {
    if (value <= 0) {
      line += ' ';
      continue;
    }
    const auto level = static_cast<int>((absl::int128(value) * kLevels - 1) / *highest);
    line += (fine ? kFine : kCoarse)[level];
  }
  return line;
}

}  // namespace tally::client
