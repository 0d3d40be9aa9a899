#include "order_service/service/page_token.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/page.h"

namespace tally::orders {
namespace {

std::string QueryOf(const OrderFilter& filter) {
  return absl::StrCat(filter.state ? static_cast<int>(*filter.state) : -1, "/", filter.newest_first,
                      "/", absl::ToUnixMicros(filter.start_time), "/",
                      absl::ToUnixMicros(filter.end_time), "/", filter.customer);
}

}  // namespace

std::string EncodePageToken(const OrderFilter& filter, const OrderCursor& last) {
  return rpc::EncodePageToken(QueryOf(filter), {absl::StrCat(absl::ToUnixMicros(last.place_time)),
                                                last.order_id.ToString()});
}

absl::StatusOr<OrderCursor> ParsePageToken(absl::string_view token, const OrderFilter& filter) {
  const absl::Status invalid = absl::InvalidArgumentError(
      "must be the next_page_token of a call with the same customer, state, times and order_by");
  const auto place = rpc::ParsePageToken(token, QueryOf(filter), 2);
  int64_t place_time = 0;
  if (!place.ok() || !absl::SimpleAtoi((*place)[0], &place_time)) return invalid;
  const absl::StatusOr<base::Uuid> order_id = base::Uuid::Parse((*place)[1]);
  if (!order_id.ok()) return invalid;
  return OrderCursor{absl::FromUnixMicros(place_time), *order_id};
}

}  // namespace tally::orders
