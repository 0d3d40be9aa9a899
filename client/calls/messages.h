#pragma once

#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "tally/orders/v1/order.pb.h"

namespace tally::client {

// Between messages, values and text. Pure functions.

// "2010-12-01T08:26:00Z"; fractions of a second only where there are some.
std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp);

// "2010-12-01T08:26:00Z", "2010-12-01T08:26:00.5+01:00"; InvalidArgument otherwise.
absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text);

// A time as above, or a day: its first instant in UTC, or with `end` the first one after it.
absl::StatusOr<absl::Time> ParseTimeOrDay(absl::string_view text, bool end);

// "12.30", without the currency; "?" for what is no amount.
std::string FormatAmount(const google::type::Money& money);

absl::CivilDay FromMessage(const google::type::Date& date);

// "placed", "cancelled".
std::string StateName(orders::v1::Order::State state);

// Protobuf JSON on one line, fields at their default included.
std::string ToJson(const google::protobuf::Message& message);

// Reads SKU:QUANTITY:PRICE[:DESCRIPTION]; InvalidArgument says what is allowed. What an order may
// hold is the service's to judge.
absl::StatusOr<orders::v1::OrderLine> ParseOrderLine(absl::string_view text,
                                                     absl::string_view currency);

}  // namespace tally::client
