#include "client/terminal/bar.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace tally::client {

std::string Bar(int64_t value, int64_t most, int width, bool fine) {
  if (value <= 0 || most <= 0 || width <= 0) return "";
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int parts = fine ? 8 : 1;
  const absl::int128 scaled = absl::int128(std::min(value, most)) * width * parts / most;
  const int filled = std::max(static_cast<int>(scaled), 1);
  std::string bar;
  for (int i = 0; i < filled / parts; ++i) bar += fine ? "█" : "#";
  if (fine) bar += kEighths[filled % parts];
  return bar;
}

}  // namespace tally::client
