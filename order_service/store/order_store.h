#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/db/database.h"
#include "order_service/domain/order.h"

namespace tally::orders {

// An order with the key of the command that placed it.
struct StoredOrder {
  Order order;
  std::string caller;
  std::string request_id;   // empty: none was given
  std::string fingerprint;  // of the content asked for
  // The same of the command that cancelled it; empty while it is not cancelled.
  std::string cancel_caller;
  std::string cancel_request_id;
  std::string cancel_fingerprint;
};

// By what a cancellation finds its order, and itself when it comes again.
struct CancellationLookup {
  base::Uuid order_id;
  absl::string_view caller;
  absl::string_view request_id;  // empty: none was given
};

// Which orders ListOrders wants. All that is set narrows.
struct OrderFilter {
  std::string customer;  // empty: everybody's
  std::optional<OrderState> state;
  absl::Time start_time = absl::InfinitePast();
  absl::Time end_time = absl::InfiniteFuture();  // exclusive
  bool newest_first = false;
};

// A place in the order of ListOrders: by place time, then by id.
struct OrderCursor {
  absl::Time place_time;
  base::Uuid order_id;
};

// The table `orders`. Stateless; thread-safe.
class OrderStore {
 public:
  static absl::Status Migrate(db::Database& database);

  // Posts the orders: the transaction fails with db::ErrorKind::kUnique, at the latest at its
  // commit, where an id or a request_id is taken. Their events are in `lane_id` at
  // placed_event.sequence.
  absl::Status Insert(db::Transaction& transaction, const base::Uuid& lane_id,
                      absl::Span<const StoredOrder* const> orders) const;

  // The orders found under any of the ids, and under any of the (caller, request_id) where one is
  // given; each at most once per key.
  absl::StatusOr<std::vector<StoredOrder>> FindPlaced(
      db::Transaction& transaction, absl::Span<const StoredOrder* const> orders) const;

  // Locks the orders with these ids, in the order of their ids, and returns them together with
  // those cancelled under any of the (caller, request_id); each once.
  absl::StatusOr<std::vector<StoredOrder>> LockForCancellation(
      db::Transaction& transaction, absl::Span<const CancellationLookup> cancellations) const;

  // Writes the cancellations of orders that were placed: state, version and all of the
  // cancellation. db::ErrorKind::kUnique where a request_id is taken.
  absl::Status Cancel(db::Transaction& transaction, const base::Uuid& lane_id,
                      absl::Span<const StoredOrder* const> orders) const;

  absl::StatusOr<std::optional<Order>> Find(db::Transaction& transaction,
                                            const base::Uuid& order_id) const;

  // Up to orders_max orders behind `after` (from the beginning without it).
  absl::StatusOr<std::vector<Order>> List(db::Transaction& transaction, const OrderFilter& filter,
                                          const std::optional<OrderCursor>& after,
                                          int orders_max) const;

  // The orders that the events of a lane's range tell of: one for each event, in their order, as it
  // stands now. At most events_max, at least one if there is one, and no more once their lines have
  // reached bytes_max.
  absl::StatusOr<std::vector<Order>> ListByEvent(db::Transaction& transaction,
                                                 const base::Uuid& lane_id,
                                                 base::SequenceRange range, int64_t events_max,
                                                 int64_t bytes_max) const;
};

}  // namespace tally::orders
