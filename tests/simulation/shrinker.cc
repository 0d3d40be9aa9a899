#include "tests/simulation/shrinker.h"

#include <algorithm>

namespace tally::simulation {

std::set<Decision> LeaveOut(const std::vector<Decision>& decisions, int tries_max,
                            absl::FunctionRef<bool(const std::set<Decision>&)> fails) {
  std::set<Decision> left_out;
  std::vector<Decision> kept = decisions;
  // Chunks from the end first: what comes after the cause is most of a run.
  for (size_t chunk = (kept.size() + 1) / 2; chunk > 0;) {
    bool removed = false;
    for (size_t end = kept.size(); end > 0 && tries_max > 0;) {
      const size_t begin = end > chunk ? end - chunk : 0;
      std::set<Decision> candidate = left_out;
      candidate.insert(kept.begin() + static_cast<ptrdiff_t>(begin),
                       kept.begin() + static_cast<ptrdiff_t>(end));
      --tries_max;
      if (fails(candidate)) {
        left_out = std::move(candidate);
        kept.erase(kept.begin() + static_cast<ptrdiff_t>(begin),
                   kept.begin() + static_cast<ptrdiff_t>(end));
        removed = true;
      }
      end = begin;
    }
    if (tries_max <= 0) break;
    if (!removed || chunk > 1) {
      if (chunk == 1) break;
      chunk /= 2;
    }
  }
  return left_out;
}

}  // namespace tally::simulation
