#pragma once

#include <string>

#include "common/base/violations.h"
#include "common/outbox/batch_handler.h"
#include "order_service/domain/order.h"
#include "tally/orders/v1/order.pb.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// The content a request asks for, as it stands: ValidateContent() comes next. A currency left out
// of a line is the order's; adds a violation for an amount that is no google.type.Money and a time
// that is no Timestamp.
OrderContent ToContent(const v1::PlaceOrderRequest& request, base::Violations& violations);

void ToMessage(const Order& order, v1::Order& message);

// The order and the token for its event.
void ToPlaced(const Order& order, v1::PlaceOrderResponse& response);

// The cancelled order and the token for the event of its cancellation.
void ToCancelled(const Order& order, v1::CancelOrderResponse& response);

// The OrderCreated event of an order that is about to be placed.
outbox::NewEvent ToCreatedEvent(const Order& order);

// The OrderCancelled event of an order that is about to be cancelled; `after` has its cancellation.
outbox::NewEvent ToCancelledEvent(const Order& before, const Order& after);

}  // namespace tally::orders
