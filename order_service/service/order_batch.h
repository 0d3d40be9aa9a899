#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/outbox/batch_handler.h"
#include "order_service/service/cancel_order_command.h"
#include "order_service/service/place_order_command.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// Writes a batch of OrderCommands, all of a kind in one multi-row statement.
//
// Cancellations come first: the orders are locked by id, what is decided holds until the commit,
// and nothing is numbered before it is decided. Placements: the first attempt takes every
// request_id for a new one, which it nearly always is: one round trip. Where the database says that
// a key is taken, the whole attempt is given up (ABORTED) and the next one looks first, so
// sequences are only ever given to orders that are inserted. Stateless; thread-safe.
class OrderBatch final : public outbox::BatchHandler {
 public:
  explicit OrderBatch(const OrderStore& store) : store_(store) {}

  absl::Status Write(db::Transaction& transaction, absl::Span<outbox::Command* const> commands,
                     outbox::LaneAppender& lane, int attempt) override;

 private:
  absl::Status Place(db::Transaction& transaction, absl::Span<PlaceOrderCommand* const> commands,
                     const base::Uuid& lane_id, outbox::LaneAppender& lane, int attempt) const;
  absl::Status Cancel(db::Transaction& transaction, absl::Span<CancelOrderCommand* const> commands,
                      const base::Uuid& lane_id, outbox::LaneAppender& lane) const;

  const OrderStore& store_;
};

}  // namespace tally::orders
