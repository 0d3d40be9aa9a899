#include "activity_service/domain/orders_cancelled.h"

#include "activity_service/domain/event_payload.h"
#include "common/base/status_macros.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::activity {

using events::v1::OrderCancelled;

std::vector<std::string> OrdersCancelled::event_types() const {
  return {OrderCancelled::descriptor()->full_name()};
}

absl::StatusOr<std::vector<Contribution>> OrdersCancelled::Read(const bus::Event& event) const {
  Payload<OrderCancelled> cancelled;
  RETURN_IF_ERROR(cancelled.Read(event));
  ASSIGN_OR_RETURN(base::Money total, ReadMoney(cancelled->after().total(), "after.total"));
  return std::vector<Contribution>{{.amount = std::move(total)}};
}

}  // namespace tally::activity
