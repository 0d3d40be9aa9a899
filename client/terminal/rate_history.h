#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tally::client {

// How many orders came in each of the last 60 seconds, from totals that are told now and then: what
// came between two of them is spread evenly over the time between. Not thread-safe.
class RateHistory {
 public:
  static constexpr int kSeconds = 60;

  // `day` had so many orders at `now`, a time of base::MonotonicNow(). Each day begins with none.
  void Note(absl::CivilDay day, int64_t orders, absl::Duration now);

  // Oldest first; kSeconds of them.
  std::vector<int64_t> PerSecond(absl::Duration now) const;

 private:
  void Add(int64_t orders, int64_t from_second, int64_t to_second);

  struct Total {
    absl::CivilDay day;
    int64_t orders;
    int64_t second;
  };
  std::optional<Total> last_;
  std::deque<std::pair<int64_t, int64_t>>
      by_second_;  // second, orders; ascending, at most kSeconds
};

}  // namespace tally::client
