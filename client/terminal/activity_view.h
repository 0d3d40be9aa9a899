#pragma once

#include <string>

#include "tally/activity/v1/activity_service.pb.h"

namespace tally::client {

// Days as a table with a bar of each day's orders, no line longer than `columns` as far as the
// numbers allow (a bar that finds no room beside its row stands in a chart beneath), and how far
// the numbers can be trusted. `unicode`: bars of block characters. Pure.
std::string DescribeActivity(const activity::v1::ListDailyActivityResponse& activity, int columns,
                             bool unicode);

// "2010-12-01 Wed".
std::string DayText(const activity::v1::DailyActivity& day);

// One or two lines; the first begins with "NOT FINAL" unless everything recorded is counted.
std::string DescribeFreshness(const activity::v1::Freshness& freshness);

}  // namespace tally::client
