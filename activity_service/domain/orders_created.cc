#include "activity_service/domain/orders_created.h"

#include "activity_service/domain/event_payload.h"
#include "common/base/status_macros.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::activity {

using events::v1::OrderCreated;

std::vector<std::string> OrdersCreated::event_types() const {
  return {OrderCreated::descriptor()->full_name()};
}

absl::StatusOr<std::vector<Contribution>> OrdersCreated::Read(const bus::Event& event) const {
  Payload<OrderCreated> created;
  RETURN_IF_ERROR(created.Read(event));
  ASSIGN_OR_RETURN(base::Money total, ReadMoney(created->order().total(), "order.total"));
  return std::vector<Contribution>{{.amount = std::move(total)}};
}

}  // namespace tally::activity
