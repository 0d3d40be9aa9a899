#include "activity_service/domain/day_totals.h"

#include "activity_service/domain/checked_sum.h"
#include "common/base/status_macros.h"

namespace tally::activity {

absl::Status AddTo(DayTotals& totals, const std::string& activity, int64_t count,
                   const std::optional<base::Money>& amount) {
  ActivityTotal& total = totals[activity];
  RETURN_IF_ERROR(AddTo(total.count, count));
  if (!amount.has_value()) return absl::OkStatus();
  const auto [known, is_new] = total.amounts.try_emplace(amount->currency(), *amount);
  return is_new ? absl::OkStatus() : AddTo(known->second, *amount);
}

}  // namespace tally::activity
