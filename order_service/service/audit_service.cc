#include "order_service/service/audit_service.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/civil_day.h"
#include "common/base/status_macros.h"
#include "common/rpc/errors.h"
#include "common/rpc/google_types.h"
#include "common/rpc/handle.h"
#include "common/rpc/page.h"
#include "order_service/service/read_error.h"

namespace tally::orders {
namespace {

// No order is of another time.
const absl::Time kFirst = absl::FromCivil(absl::CivilDay(1980, 1, 1), absl::UTCTimeZone());
const absl::Time kEnd = absl::FromCivil(absl::CivilDay(3000, 1, 1), absl::UTCTimeZone());

// A place time may be so much later than the moment the order was taken.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);

struct SumQuery {
  CountedBy by = CountedBy::kPlaced;
  base::TimeInterval within;
  std::optional<OrderCursor> after;
};

std::optional<OrderCursor> ReadPlace(const v1::SumOrdersRequest& request,
                                     base::Violations& violations) {
  if (request.page_token().empty()) return std::nullopt;
  const auto place = rpc::ParsePageToken(request.page_token(), rpc::QueryOf(request), 2);
  int64_t micros = 0;
  if (place.ok() && absl::SimpleAtoi((*place)[0], &micros)) {
    const absl::StatusOr<base::Uuid> order_id = base::Uuid::Parse((*place)[1]);
    if (order_id.ok()) return OrderCursor{absl::FromUnixMicros(micros), *order_id};
  }
  violations.Add("page_token", "must be the next_page_token of a call with the same times");
  return std::nullopt;
}

absl::StatusOr<SumQuery> ParseQuery(const v1::SumOrdersRequest& request) {
  base::Violations violations;
  SumQuery query;
  if (request.change() == v1::SumOrdersRequest::CHANGE_CANCELLED) {
    query.by = CountedBy::kCancelled;
  } else if (request.change() != v1::SumOrdersRequest::CHANGE_PLACED) {
    violations.Add("change", "must be CHANGE_PLACED or CHANGE_CANCELLED");
  }
  query.within = {request.has_start_time() ? rpc::ToTime(request.start_time()) : kFirst,
                  request.has_end_time() ? rpc::ToTime(request.end_time()) : kEnd};
  if (query.within.end < query.within.start) {
    violations.Add("end_time", "must not be before start_time");
  }
  query.after = ReadPlace(request, violations);
  if (!violations.empty()) return rpc::BadRequest(violations);
  return query;
}

}  // namespace

AuditService::AuditService(db::Database& database, rpc::Executor& reads,
                           telemetry::Telemetry& telemetry)
    : sums_(database), reads_(reads), endpoint_(v1::AuditService::service_full_name(), telemetry) {}

grpc::ServerUnaryReactor* AuditService::SumOrders(grpc::CallbackServerContext* context,
                                                  const v1::SumOrdersRequest* request,
                                                  v1::SumOrdersResponse* response) {
  return rpc::HandleBlocking(
      endpoint_, "SumOrders", context, request, response, reads_,
      [this](rpc::Call& call, const v1::SumOrdersRequest& req, v1::SumOrdersResponse& res) {
        return ReadError(Sum(call, req, res));
      });
}

absl::Status AuditService::Sum(rpc::Call& call, const v1::SumOrdersRequest& request,
                               v1::SumOrdersResponse& response) {
  ASSIGN_OR_RETURN(const SumQuery query, ParseQuery(request));
  ASSIGN_OR_RETURN(const OrderSums::Page page,
                   sums_.Sum(query.by, query.within, query.after, call.deadline()));
  for (const DaySum& sum : page.sums) {
    v1::DailyOrders& day = *response.add_days();
    rpc::ToMessage(sum.day, *day.mutable_date());
    day.set_currency(sum.total.currency());
    day.set_orders(sum.orders);
    rpc::ToMessage(sum.total, *day.mutable_total());
  }
  if (page.next.has_value()) {
    response.set_next_page_token(rpc::EncodePageToken(
        rpc::QueryOf(request),
        {absl::StrCat(absl::ToUnixMicros(page.next->place_time)), page.next->order_id.ToString()}));
  }
  if (page.expired_before != absl::InfinitePast()) {
    rpc::ToMessage(page.expired_before + kClockTolerance, *response.mutable_complete_from());
  }
  return absl::OkStatus();
}

}  // namespace tally::orders
