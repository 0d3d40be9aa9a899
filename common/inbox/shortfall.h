#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tally::inbox {

// What is known not to be counted, as the database says it: the same at every replica.
struct Shortfall {
  // Letters beyond so many are not counted one by one: the number is kLettersMax then.
  static constexpr int64_t kLettersMax = 1'000;

  int64_t letters_retrying = 0;
  int64_t letters_dead = 0;
  int64_t missing_events = 0;  // published, not covered; not the parked ones
  int64_t parked_events = 0;
  // When every lane of all producers was last compared; InfinitePast(): never.
  absl::Time compared_all = absl::InfinitePast();
};

}  // namespace tally::inbox
