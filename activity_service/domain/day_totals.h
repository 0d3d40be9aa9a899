#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/base/money.h"

namespace tally::activity {

// What one activity came to on a day.
struct ActivityTotal {
  int64_t count = 0;
  std::map<std::string, base::Money> amounts;  // by currency
};

// What happened on a day, by activity.
using DayTotals = std::map<std::string, ActivityTotal>;

// Adds the total of one activity in one currency, or of what it has without a currency. OutOfRange
// if a sum does not fit.
absl::Status AddTo(DayTotals& totals, const std::string& activity, int64_t count,
                   const std::optional<base::Money>& amount);

}  // namespace tally::activity
