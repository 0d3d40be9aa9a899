#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/db/database.h"
#include "common/outbox/event_archive.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// Makes the events of orders again from the orders themselves, for as long as those are kept: an
// order's row has the place, time and version of each change it went through, and its lines never
// change. When an event was recorded is not kept: it is the time of the change, as taken by this
// service; nor is its traceparent.
class OrderArchive final : public outbox::EventArchive {
 public:
  // Both must outlive it.
  OrderArchive(const OrderStore& store, db::Database& database)
      : store_(store), database_(database) {}

  absl::StatusOr<std::vector<outbox::OutboxEvent>> Read(const std::string& lane_id,
                                                        base::SequenceRange range,
                                                        int64_t events_max, int64_t bytes_max,
                                                        absl::Time deadline) override;

 private:
  const OrderStore& store_;
  db::Database& database_;
};

}  // namespace tally::orders
