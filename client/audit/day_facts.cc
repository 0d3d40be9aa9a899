#include "client/audit/day_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/calls/messages.h"
#include "common/base/status_macros.h"

namespace tally::client {
namespace {

absl::StatusOr<base::Money> ToMoney(const google::type::Money& money) {
  return base::Money::Create(money.currency_code(), money.units(), money.nanos());
}

absl::Status AddTotal(OrderFacts& facts, const base::Money& total) {
  if (total.is_zero()) return absl::OkStatus();
  const auto [known, added] = facts.totals.emplace(total.currency(), total);
  if (added) return absl::OkStatus();
  ASSIGN_OR_RETURN(known->second, base::Add(known->second, total));
  return absl::OkStatus();
}

absl::Status AddTo(OrderFacts& facts, const OrderFacts& more) {
  facts.orders += more.orders;
  for (const auto& [currency, total] : more.totals) RETURN_IF_ERROR(AddTotal(facts, total));
  return absl::OkStatus();
}

bool NotMore(const OrderFacts& a, const OrderFacts& b) {
  if (a.orders > b.orders) return false;
  for (const auto& [currency, total] : a.totals) {
    const auto other = b.totals.find(currency);
    if (other == b.totals.end() || total > other->second) return false;
  }
  return true;
}

std::string Describe(const OrderFacts& facts) {
  std::string text = absl::StrCat(facts.orders);
  for (const auto& [currency, total] : facts.totals) {
    absl::StrAppend(&text, ", ", currency, " ", total.Format());
  }
  return text;
}

}  // namespace

absl::Status AddTo(OrderFacts& facts, const orders::v1::DailyOrders& sum) {
  ASSIGN_OR_RETURN(const base::Money total, ToMoney(sum.total()));
  facts.orders += sum.orders();
  return AddTotal(facts, total);
}

absl::Status AddTo(DayFacts& facts, const DayFacts& more) {
  RETURN_IF_ERROR(AddTo(facts.created, more.created));
  return AddTo(facts.cancelled, more.cancelled);
}

absl::StatusOr<DayFacts> FactsOf(const activity::v1::DailyActivity& day) {
  DayFacts facts{.created = {.orders = day.orders_created()},
                 .cancelled = {.orders = day.orders_cancelled()}};
  for (const activity::v1::Revenue& revenue : day.revenue()) {
    ASSIGN_OR_RETURN(const base::Money created, ToMoney(revenue.created()));
    ASSIGN_OR_RETURN(const base::Money cancelled, ToMoney(revenue.cancelled()));
    RETURN_IF_ERROR(AddTotal(facts.created, created));
    RETURN_IF_ERROR(AddTotal(facts.cancelled, cancelled));
  }
  return facts;
}

bool NotMore(const DayFacts& a, const DayFacts& b) {
  return NotMore(a.created, b.created) && NotMore(a.cancelled, b.cancelled);
}

DayVerdict Judge(const DayFacts& before, const DayFacts& counted, const DayFacts& after) {
  if (counted == before || counted == after) return DayVerdict::kMatches;
  if (NotMore(before, counted) && NotMore(counted, after)) return DayVerdict::kChanging;
  return DayVerdict::kDiffers;
}

std::string Describe(const DayFacts& facts) {
  const std::string created = absl::StrCat("orders ", Describe(facts.created));
  if (facts.cancelled == OrderFacts()) return created;
  return absl::StrCat(created, "; cancelled ", Describe(facts.cancelled));
}

}  // namespace tally::client
