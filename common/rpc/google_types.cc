#include "common/rpc/google_types.h"

#include <cstdint>

namespace tally::rpc {

void ToMessage(const base::Money& money, google::type::Money& message) {
  message.set_currency_code(money.currency());
  message.set_units(money.units());
  message.set_nanos(money.nanos());
}

void ToMessage(absl::Time time, google::protobuf::Timestamp& message) {
  const int64_t unix_micros = absl::ToUnixMicros(time);
  const int64_t micros = unix_micros % 1'000'000;
  const bool before = micros < 0;  // 1970: nanos count from the second before
  message.set_seconds(unix_micros / 1'000'000 - before);
  message.set_nanos(static_cast<int32_t>(micros + before * 1'000'000) * 1'000);
}

void ToMessage(absl::Duration duration, google::protobuf::Duration& message) {
  const int64_t micros = absl::ToInt64Microseconds(duration);
  message.set_seconds(micros / 1'000'000);
  message.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1'000);
}

void ToMessage(absl::CivilDay day, google::type::Date& message) {
  message.set_year(static_cast<int32_t>(day.year()));
  message.set_month(day.month());
  message.set_day(day.day());
}

absl::Time ToTime(const google::protobuf::Timestamp& message) {
  return absl::FromUnixSeconds(message.seconds()) + absl::Microseconds(message.nanos() / 1'000);
}

}  // namespace tally::rpc
