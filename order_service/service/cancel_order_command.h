#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "order_service/domain/cancellation_plan.h"
#include "order_service/domain/order.h"
#include "order_service/service/order_command.h"

namespace tally::orders {

// A CancelOrder ready to be written.
struct CancellationRequest {
  CancellationContent content;
  std::string caller;
  std::string request_id;
  std::string fingerprint;
  absl::Time time;  // when the service took it
  std::string traceparent;
};

// "Cancel this order": what was asked, and, once OrderBatch decided it, the cancelled order or why
// there is none.
class CancelOrderCommand : public OrderCommand {
 public:
  explicit CancelOrderCommand(CancellationRequest request) : request_(std::move(request)) {}

  Kind kind() const final { return Kind::kCancel; }
  size_t bytes() const final { return sizeof(*this) + request_.content.reason.size(); }

  const CancellationRequest& request() const { return request_; }
  CancellationKey key() const {
    return {request_.content.order_id, request_.content.etag, request_.caller, request_.request_id,
            request_.fingerprint};
  }

  void DecideCancelled(Order order) {
    decision_ = absl::OkStatus();
    order_ = std::move(order);
  }
  void DecideRefused(absl::Status error) { decision_ = std::move(error); }

 protected:
  // Valid in Finish(OK).
  const absl::Status& decision() const { return decision_; }
  const Order& cancelled_order() const { return order_; }

 private:
  const CancellationRequest request_;
  absl::Status decision_;
  Order order_;
};

}  // namespace tally::orders
