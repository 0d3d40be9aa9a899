#include "client/calls/messages.h"

#include <google/protobuf/util/json_util.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/calls/utf8.h"
#include "common/base/check.h"
#include "common/base/civil_day.h"
#include "common/base/status_macros.h"
#include "common/rpc/google_types.h"

namespace tally::client {

std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", rpc::ToTime(timestamp), absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text) {
  absl::Time time;
  std::string error;
  const bool digits_first = !text.empty() && absl::ascii_isdigit(text[0]);
  if (digits_first && absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return absl::InvalidArgumentError("must be a time such as 2010-12-01T08:26:00Z");
}

absl::StatusOr<absl::Time> ParseTimeOrDay(absl::string_view text, bool end) {
  const absl::StatusOr<absl::CivilDay> day = base::ParseDate(text);
  if (!day.ok()) {
    const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
    if (time.ok()) return time;
    return absl::InvalidArgumentError(
        "must be a day such as 2010-12-01 or a time such as 2010-12-01T08:26:00Z");
  }
  const base::TimeInterval bounds = base::DayBounds(*day, absl::UTCTimeZone());
  return end ? bounds.end : bounds.start;
}

std::string FormatAmount(const google::type::Money& money) {
  const auto amount = base::Money::Create(money.currency_code(), money.units(), money.nanos());
  return amount.ok() ? amount->Format() : "?";
}

absl::CivilDay FromMessage(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

std::string StateName(orders::v1::Order::State state) {
  switch (state) {
    case orders::v1::Order::STATE_PLACED:
      return "placed";
    case orders::v1::Order::STATE_CANCELLED:
      return "cancelled";
    default:
      return "unknown";
  }
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  TALLY_CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

absl::StatusOr<orders::v1::OrderLine> ParseOrderLine(absl::string_view text,
                                                     absl::string_view currency) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 3));
  if (parts.size() < 3) {
    return absl::InvalidArgumentError("must be SKU:QUANTITY:PRICE[:DESCRIPTION]");
  }
  if (!IsUtf8(text)) return absl::InvalidArgumentError("must be UTF-8");
  orders::v1::OrderLine line;
  int64_t quantity = 0;
  if (!absl::SimpleAtoi(parts[1], &quantity)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the quantity must be a whole number, not `", parts[1], "`"));
  }
  ASSIGN_OR_RETURN(const base::Money price, base::Money::Parse(currency, parts[2]));
  line.set_sku(std::string(parts[0]));
  line.set_quantity(quantity);
  rpc::ToMessage(price, *line.mutable_unit_price());
  if (parts.size() == 4) line.set_description(std::string(parts[3]));
  return line;
}

}  // namespace tally::client
