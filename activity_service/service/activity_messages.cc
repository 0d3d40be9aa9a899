#include "activity_service/service/activity_messages.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "common/base/status_macros.h"
#include "common/rpc/google_types.h"

namespace tally::activity {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int kNanosPerMicro = 1'000;

using rpc::ToMessage;

// The activity's total; zeros where it did not happen.
const ActivityTotal& Find(const DayTotals& totals, const char* activity) {
  static const ActivityTotal* const kNone = new ActivityTotal;
  const auto found = totals.find(activity);
  return found == totals.end() ? *kNone : found->second;
}

struct CurrencyRevenue {
  base::Money created;
  base::Money cancelled;
};

absl::StatusOr<std::map<std::string, CurrencyRevenue>> RevenueOf(const ActivityTotal& created,
                                                                 const ActivityTotal& cancelled) {
  std::map<std::string, CurrencyRevenue> revenue;
  for (const ActivityTotal* total : {&created, &cancelled}) {
    for (const auto& [currency, amount] : total->amounts) {
      ASSIGN_OR_RETURN(const base::Money zero, base::Money::Create(currency, 0, 0));
      const auto row = revenue.try_emplace(currency, CurrencyRevenue{zero, zero}).first;
      (total == &created ? row->second.created : row->second.cancelled) = amount;
    }
  }
  return revenue;
}

void ToMessage(const std::string& name, const ActivityTotal& total, v1::ActivityTotal& message) {
  message.set_activity(name);
  message.set_count(total.count);
  for (const auto& [currency, amount] : total.amounts) ToMessage(amount, *message.add_amounts());
}

}  // namespace

absl::Status ToMessage(const Day& day, const DayTotals& totals, v1::DailyActivity& message) {
  ToMessage(day.date, *message.mutable_date());
  message.set_time_zone(day.time_zone);
  ToMessage(day.bounds.start, *message.mutable_start_time());
  ToMessage(day.bounds.end, *message.mutable_end_time());
  const ActivityTotal& created = Find(totals, OrdersCreated::kName);
  const ActivityTotal& cancelled = Find(totals, OrdersCancelled::kName);
  message.set_orders_created(created.count);
  message.set_orders_cancelled(cancelled.count);
  message.set_orders_net(created.count - cancelled.count);
  ASSIGN_OR_RETURN(const auto revenue, RevenueOf(created, cancelled));
  for (const auto& [currency, amounts] : revenue) {
    ASSIGN_OR_RETURN(const base::Money net, base::Subtract(amounts.created, amounts.cancelled));
    v1::Revenue& row = *message.add_revenue();
    row.set_currency(currency);
    ToMessage(amounts.created, *row.mutable_created());
    ToMessage(amounts.cancelled, *row.mutable_cancelled());
    ToMessage(net, *row.mutable_net());
  }
  for (const auto& [name, total] : totals) ToMessage(name, total, *message.add_activities());
  return absl::OkStatus();
}

void ToMessage(const inbox::Progress& progress, const inbox::LetterCounts& letters, absl::Time now,
               v1::Freshness& message) {
  // No producer is asked yet for what it holds unpublished: nothing better can be said.
  message.set_completeness(letters.dead > 0 ? v1::Freshness::COMPLETENESS_INCOMPLETE
                                            : v1::Freshness::COMPLETENESS_UNKNOWN);
  if (progress.as_of != absl::InfinitePast()) {
    ToMessage(progress.as_of, *message.mutable_as_of());
    const int64_t lag = absl::ToInt64Microseconds(std::max(now - progress.as_of, absl::Duration()));
    message.mutable_lag()->set_seconds(lag / kMicrosPerSecond);
    message.mutable_lag()->set_nanos(static_cast<int32_t>(lag % kMicrosPerSecond) * kNanosPerMicro);
  }
  if (progress.connected) message.set_pending_events(progress.pending);
  message.set_retrying_letters(letters.retrying);
  message.set_dead_letters(letters.dead);
}

}  // namespace tally::activity
