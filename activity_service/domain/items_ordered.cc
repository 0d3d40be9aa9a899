#include "activity_service/domain/items_ordered.h"

#include "activity_service/domain/checked_sum.h"
#include "activity_service/domain/event_payload.h"
#include "common/base/status_macros.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::activity {

using events::v1::OrderCreated;

std::vector<std::string> ItemsOrdered::event_types() const {
  return {OrderCreated::descriptor()->full_name()};
}

absl::StatusOr<std::vector<Contribution>> ItemsOrdered::Read(const bus::Event& event) const {
  Payload<OrderCreated> created;
  RETURN_IF_ERROR(created.Read(event));
  Contribution items{.count = 0};
  for (const events::v1::OrderLine& line : created->order().lines()) {
    RETURN_IF_ERROR(AddTo(items.count, line.quantity()));
  }
  return std::vector<Contribution>{items};
}

}  // namespace tally::activity
