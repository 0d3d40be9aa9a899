#include "order_service/service/list_query.h"

#include <utility>

#include "common/base/text.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"
#include "common/rpc/google_types.h"
#include "common/rpc/page.h"
#include "order_service/domain/order_validation.h"
#include "order_service/service/page_token.h"

namespace tally::orders {
namespace {

OrderFilter ToFilter(const v1::ListOrdersRequest& request, base::Violations& violations) {
  OrderFilter filter;
  filter.customer = request.customer();
  if (auto problem = base::TextProblem(filter.customer, 0, kCustomerCharsMax)) {
    violations.Add("customer", *std::move(problem));
  }
  if (request.has_start_time()) filter.start_time = rpc::ToTime(request.start_time());
  if (request.has_end_time()) filter.end_time = rpc::ToTime(request.end_time());
  if (filter.end_time < filter.start_time)
    violations.Add("end_time", "must not be before start_time");
  switch (request.state()) {
    case v1::Order::STATE_UNSPECIFIED:
      break;
    case v1::Order::STATE_PLACED:
      filter.state = OrderState::kPlaced;
      break;
    case v1::Order::STATE_CANCELLED:
      filter.state = OrderState::kCancelled;
      break;
    default:
      violations.Add("state", "must be STATE_UNSPECIFIED, STATE_PLACED or STATE_CANCELLED");
  }
  filter.newest_first = request.order_by() == "place_time desc";
  if (!filter.newest_first && !request.order_by().empty() && request.order_by() != "place_time") {
    violations.Add("order_by", "must be \"place_time\" or \"place_time desc\"");
  }
  return filter;
}

}  // namespace

absl::StatusOr<ListQuery> ParseListQuery(const v1::ListOrdersRequest& request) {
  base::Violations violations;
  ListQuery query;
  query.filter = ToFilter(request, violations);
  query.page_size = rpc::ReadPageSize(request.page_size(), violations);
  if (!request.page_token().empty()) {
    const absl::StatusOr<OrderCursor> cursor = ParsePageToken(request.page_token(), query.filter);
    if (cursor.ok()) {
      query.after = *cursor;
    } else {
      violations.Add("page_token", std::string(cursor.status().message()));
    }
  }
  if (!violations.empty()) return rpc::BadRequest(violations);
  return query;
}

}  // namespace tally::orders
