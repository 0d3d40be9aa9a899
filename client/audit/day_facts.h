#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "tally/activity/v1/activity.pb.h"
#include "tally/orders/v1/audit_service.pb.h"

namespace tally::client {

// How many orders, and their totals by currency, those that are zero left out.
struct OrderFacts {
  int64_t orders = 0;
  std::map<std::string, base::Money> totals = {};

  friend bool operator==(const OrderFacts&, const OrderFacts&) = default;
};

// What came to pass on a day, as the orders have it or as it was counted.
struct DayFacts {
  OrderFacts created;
  OrderFacts cancelled;

  friend bool operator==(const DayFacts&, const DayFacts&) = default;
};

using FactsByDay = std::map<absl::CivilDay, DayFacts>;

// Adds what a page of sums has. Errors: a total that is no amount.
absl::Status AddTo(OrderFacts& facts, const orders::v1::DailyOrders& sum);

absl::Status AddTo(DayFacts& facts, const DayFacts& more);

absl::StatusOr<DayFacts> FactsOf(const activity::v1::DailyActivity& day);

// Whether nothing of `a` is more than in `b`. Orders only ever come: what is read later is not
// less.
bool NotMore(const DayFacts& a, const DayFacts& b);

// What a day's statistics are worth, by the orders read `before` and `after` them.
enum class DayVerdict {
  kMatches,
  kChanging,  // between the two: orders came meanwhile
  kDiffers,   // more than there are, or less than there were
};
DayVerdict Judge(const DayFacts& before, const DayFacts& counted, const DayFacts& after);

// "3 orders, GBP 12.30, EUR 5.00; cancelled: 1, GBP 2.00".
std::string Describe(const DayFacts& facts);

}  // namespace tally::client
