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
// How old an answer of the producers may be: of how far they are, and of every lane there ever was.
constexpr absl::Duration kAskedWithin = absl::Seconds(10);
constexpr absl::Duration kComparedWithin = absl::Hours(3);

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

// What is beyond the database's exact number, the consumer counts now and then.
int64_t CountOf(int64_t letters, int64_t letters_now_and_then) {
  return letters < inbox::Shortfall::kLettersMax ? letters
                                                 : std::max(letters, letters_now_and_then);
}

v1::Freshness::Completeness Judge(const inbox::Progress& progress,
                                  const inbox::Shortfall& shortfall, absl::Time now) {
  if (shortfall.missing_events > 0 || shortfall.parked_events > 0 || shortfall.letters_dead > 0) {
    return v1::Freshness::COMPLETENESS_INCOMPLETE;
  }
  const bool asked = progress.connected && progress.as_of > absl::InfinitePast() &&
                     now - progress.producers_answered <= kAskedWithin &&
                     now - shortfall.compared_all <= kComparedWithin;
  if (!asked) return v1::Freshness::COMPLETENESS_UNKNOWN;
  if (progress.pending > 0 || progress.behind_producers || shortfall.letters_retrying > 0) {
    return v1::Freshness::COMPLETENESS_CATCHING_UP;
  }
  return v1::Freshness::COMPLETENESS_COMPLETE;
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

void ToMessage(const inbox::Progress& progress, const inbox::Shortfall& shortfall, absl::Time now,
               v1::Freshness& message) {
  message.set_completeness(Judge(progress, shortfall, now));
  if (progress.as_of != absl::InfinitePast()) {
    ToMessage(progress.as_of, *message.mutable_as_of());
    SetLag(now, message);
  }
  if (progress.connected) message.set_pending_events(progress.pending);
  message.set_missing_events(shortfall.missing_events);
  message.set_parked_events(shortfall.parked_events);
  message.set_retrying_letters(CountOf(shortfall.letters_retrying, progress.letters_retrying));
  message.set_dead_letters(CountOf(shortfall.letters_dead, progress.letters_dead));
}

void SetLag(absl::Time now, v1::Freshness& message) {
  if (!message.has_as_of()) return;
  const absl::Duration lag = std::max(now - rpc::ToTime(message.as_of()), absl::ZeroDuration());
  const int64_t micros = absl::ToInt64Microseconds(lag);
  message.mutable_lag()->set_seconds(micros / kMicrosPerSecond);
  message.mutable_lag()->set_nanos(static_cast<int32_t>(micros % kMicrosPerSecond) *
                                   kNanosPerMicro);
}

}  // namespace tally::activity
