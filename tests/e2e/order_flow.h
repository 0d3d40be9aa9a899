#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/e2e/retail_days.h"
#include "tests/e2e/system.h"
#include "tests/testkit/process.h"

namespace tally::e2e {

// `tally load` against the first order_service of a system, a hundred orders a second all the time,
// whatever is done to the rest meanwhile.
class OrderFlow {
 public:
  static absl::StatusOr<std::unique_ptr<OrderFlow>> Start(const System& system);

  // Blocks until every order that was sent is placed. OK: so they are.
  absl::Status Stop();

 private:
  OrderFlow() = default;

  std::unique_ptr<testkit::Process> process_;
};

// Places so many orders, in bulk, as fast as it goes.
absl::Status PlaceInBulk(const System& system, int orders);

// Today's orders: as order_service's database has them, and as activity_service counts them.
absl::StatusOr<DayTotals> PlacedToday(const System& system);
absl::StatusOr<DayTotals> CountedToday(const System& system);

// Whether activity_service says that everything placed before `time` is counted.
bool CountsAllUntil(absl::Time time, const System& system);

}  // namespace tally::e2e
