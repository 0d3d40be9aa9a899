#include "order_service/service/order_archive.h"

#include <utility>

#include "common/base/status_macros.h"
#include "order_service/service/order_messages.h"

namespace tally::orders {
namespace {

// The order before its last change. One change is all there is so far.
Order BeforeCancellation(const Order& order) {
  Order before = order;
  before.state = OrderState::kPlaced;
  before.version = 1;
  before.cancellation.reset();
  return before;
}

outbox::OutboxEvent ToOutboxEvent(int64_t sequence, absl::Time record_time,
                                  outbox::NewEvent event) {
  return {.sequence = sequence,
          .subject = std::move(event.subject),
          .type = std::move(event.type),
          .payload = std::move(event.payload),
          .time = event.time,
          .record_time = record_time};
}

// The first event of this order in the lane after `sequence`.
outbox::OutboxEvent MakeAgain(const Order& order, const base::Uuid& lane_id, int64_t sequence) {
  const EventPlace& placed = order.placed_event;
  if ((placed.lane_id == lane_id && placed.sequence > sequence) || !order.cancellation) {
    return ToOutboxEvent(placed.sequence, order.create_time,
                         ToCreatedEvent(BeforeCancellation(order)));
  }
  return ToOutboxEvent(order.cancellation->event.sequence, order.cancellation->time,
                       ToCancelledEvent(BeforeCancellation(order), order));
}

}  // namespace

absl::StatusOr<std::vector<outbox::OutboxEvent>> OrderArchive::Read(const std::string& lane_id,
                                                                    base::SequenceRange range,
                                                                    int64_t events_max,
                                                                    int64_t bytes_max,
                                                                    absl::Time deadline) {
  ASSIGN_OR_RETURN(const base::Uuid lane, base::Uuid::Parse(lane_id));
  std::vector<Order> orders;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(orders,
                         store_.ListByEvent(transaction, lane, range, events_max, bytes_max));
        return absl::OkStatus();
      }));
  std::vector<outbox::OutboxEvent> events;
  int64_t sequence = range.first - 1;
  int64_t bytes = 0;
  for (const Order& order : orders) {
    if (bytes >= bytes_max) break;
    events.push_back(MakeAgain(order, lane, sequence));
    sequence = events.back().sequence;
    bytes += static_cast<int64_t>(events.back().payload.size());
  }
  return events;
}

}  // namespace tally::orders
