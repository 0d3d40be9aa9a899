#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/outbox/event_eraser.h"

namespace tally::orders {

// Erases a customer from their orders and from the events that tell of those, a transaction for
// each step: an order and its events lose the name together, so that whatever is left to do is
// found by the orders that still have it. An order keeps its id, its request_id, its lines and its
// totals; the fingerprints that a repeated request_id is compared by go with the name. Stateless;
// thread-safe.
class OrderEraser {
 public:
  explicit OrderEraser(db::Database& database) : database_(database) {}

  struct Step {
    int64_t orders = 0;
    outbox::ErasedEvents events;
    bool more = false;  // orders of this customer are left
  };
  // At most orders_max orders. Errors are those of common/db.
  absl::StatusOr<Step> Erase(const std::string& customer, int orders_max, absl::Time deadline);

 private:
  static absl::StatusOr<Step> EraseIn(db::Transaction& transaction, const std::string& customer,
                                      int orders_max);

  db::Database& database_;
};

}  // namespace tally::orders
