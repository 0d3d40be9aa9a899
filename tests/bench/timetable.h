#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tally::bench {

// Which suite runs when, and how long is left: all suites once, then again those that have rounds
// left, so that what is compared is measured under like conditions. What a round took is what the
// next is expected to take. Not thread-safe.
class Timetable {
 public:
  struct Entry {
    int rounds;
    absl::Duration round_time;  // about
  };
  static constexpr int kWidth = 26;  // of Position()

  explicit Timetable(std::vector<Entry> suites);

  // Ends the round before, if there is one, and begins the next; returns its suite by number, or
  // the number of suites when all is done.
  size_t Next();

  absl::Duration Left() const;
  // "round 2 of 5, 14 min left "
  std::string Position() const;

 private:
  std::vector<Entry> suites_;
  int round_ = 0;
  size_t suite_ = 0;
  bool running_ = false;
  absl::Duration began_;  // monotonic
};

}  // namespace tally::bench
