#include "activity_service/domain/event_payload.h"

namespace tally::activity {

absl::StatusOr<base::Money> ReadMoney(const google::type::Money& message, absl::string_view field) {
  absl::StatusOr<base::Money> money =
      base::Money::Create(message.currency_code(), message.units(), message.nanos());
  if (money.ok()) return money;
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", money.status().message()));
}

}  // namespace tally::activity
