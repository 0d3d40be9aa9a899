#include "order_service/service/erasure.h"

#include "common/base/status_macros.h"

namespace tally::orders {
namespace {

constexpr int kOrdersAtOnce = 200;  // each may have half a MiB of events

// Those that are left are found by their customer, so the token need not say more.
constexpr char kMore[] = "more";

}  // namespace

absl::Status EraseCustomer(OrderEraser& eraser, const ops::v1::EraseCustomerRequest& request,
                           absl::Time deadline, ops::v1::EraseCustomerResponse& response) {
  ASSIGN_OR_RETURN(const OrderEraser::Step step,
                   eraser.Erase(request.customer(), kOrdersAtOnce, deadline));
  response.set_orders(step.orders);
  response.set_outbox_events(step.events.events);
  response.set_parked_events(step.events.parked);
  if (step.more) response.set_next_page_token(kMore);
  return absl::OkStatus();
}

}  // namespace tally::orders
