#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/uuid.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"

namespace tally::orders {

struct OrderExpiryOptions {
  // How long orders are kept after their last change; zero: for ever. Longer than the outbox keeps
  // their events.
  absl::Duration retention = absl::ZeroDuration();
  int orders_max = 500;  // in one step
  absl::Duration session_timeout = absl::Seconds(1);
};

// Removes orders that are old enough, with their request_ids: a call repeated after that places a
// new order. The same transaction keeps before what time orders may be gone (see OrderSums). Ages
// are by the database's clock. Several instances may do it at once. One thread at a time.
class OrderExpiry {
 public:
  OrderExpiry(OrderExpiryOptions options, db::Database& database, telemetry::Telemetry& telemetry);

  // Removes at most orders_max orders in one transaction. Returns whether more may be old enough.
  absl::StatusOr<bool> Sweep();

 private:
  const OrderExpiryOptions options_;
  db::Database& database_;
  telemetry::Counter& expired_total_;
  base::Uuid after_;  // how far this pass has come
};

}  // namespace tally::orders
