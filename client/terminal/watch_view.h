#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::client {

// A day as it is watched. Pure functions.

struct WatchScreen {
  activity::v1::DailyActivity day;
  activity::v1::Freshness freshness;  // of the last message
  absl::Duration age;                 // of the last message
  std::vector<int64_t> per_second;    // orders of the last minute, oldest first
  std::string trouble;                // why no messages come; empty: they do
};

// For a terminal: lines of at most `columns`, as far as the numbers allow.
std::vector<std::string> DrawWatch(const WatchScreen& screen, int columns, bool unicode);

// For a pipe or a file: a line for each message. `day` is the last one that a message brought.
std::string DescribeMessage(const activity::v1::WatchDailyActivityResponse& message,
                            const activity::v1::DailyActivity& day);

}  // namespace tally::client
