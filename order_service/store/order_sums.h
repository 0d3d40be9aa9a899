#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/civil_day.h"
#include "common/base/money.h"
#include "common/db/database.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// By which of its changes an order is counted, and so at which time.
enum class CountedBy { kPlaced, kCancelled };

// What orders of one UTC day in one currency come to.
struct DaySum {
  absl::CivilDay day;
  int64_t orders = 0;
  base::Money total;
};

// Adds up the orders themselves, day by day, for audits. Reads in pages of at most `orders_max`
// orders, so that no statement takes long, however many there are on a day. Errors are those of
// common/db, kData where a sum does not fit. Blocks on the database. Thread-safe.
class OrderSums {
 public:
  explicit OrderSums(db::Database& database, int orders_max = 100'000)
      : database_(database), orders_max_(orders_max) {}

  struct Page {
    std::vector<DaySum> sums;         // by day and currency
    std::optional<OrderCursor> next;  // behind it the next page begins
    // Orders last changed before this time may have been removed; InfinitePast(): none ever was.
    absl::Time expired_before = absl::InfinitePast();
  };
  absl::StatusOr<Page> Sum(CountedBy by, const base::TimeInterval& within,
                           const std::optional<OrderCursor>& after, absl::Time deadline);

 private:
  db::Database& database_;
  const int orders_max_;
};

}  // namespace tally::orders
