#include "client/terminal/activity_view.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calls/messages.h"
#include "client/terminal/bar.h"
#include "client/terminal/table.h"
#include "common/base/money.h"

namespace tally::client {
namespace {

using activity::v1::DailyActivity;
using activity::v1::Freshness;
using activity::v1::ListDailyActivityResponse;

constexpr int kBarWidthMin = 10;
constexpr int kGap = 2;

std::vector<std::string> CurrenciesOf(const ListDailyActivityResponse& activity) {
  std::set<std::string> currencies;
  for (const DailyActivity& day : activity.days()) {
    for (const activity::v1::Revenue& revenue : day.revenue())
      currencies.insert(revenue.currency());
  }
  return {currencies.begin(), currencies.end()};
}

// Net revenue of some days; "?" if it does not fit.
std::string RevenueOf(const std::vector<const DailyActivity*>& days, const std::string& currency) {
  absl::StatusOr<base::Money> sum = base::Money::Create(currency, 0, 0);
  for (const DailyActivity* day : days) {
    for (const activity::v1::Revenue& revenue : day->revenue()) {
      if (revenue.currency() != currency || !sum.ok()) continue;
      const auto net = base::Money::Create(currency, revenue.net().units(), revenue.net().nanos());
      sum = net.ok() ? base::Add(*sum, *net) : net;
    }
  }
  return sum.ok() ? sum->Format() : "?";
}

std::vector<std::string> RowOf(std::string name, const std::vector<const DailyActivity*>& days,
                               const std::vector<std::string>& currencies) {
  int64_t created = 0;
  int64_t cancelled = 0;
  for (const DailyActivity* day : days) {
    created += day->orders_created();
    cancelled += day->orders_cancelled();
  }
  std::vector<std::string> row = {std::move(name), absl::StrCat(created), absl::StrCat(cancelled)};
  for (const std::string& currency : currencies) row.push_back(RevenueOf(days, currency));
  return row;
}

// Header, a row for each day, and the total of several.
Table TableOf(const ListDailyActivityResponse& activity) {
  const std::vector<std::string> currencies = CurrenciesOf(activity);
  std::vector<Table::Align> columns(3 + currencies.size(), Table::Align::kRight);
  columns[0] = Table::Align::kLeft;
  Table table(std::move(columns));
  std::vector<std::string> header = {"day", "orders", "cancelled"};
  for (const std::string& currency : currencies) header.push_back("revenue " + currency);
  table.AddRow(std::move(header));
  std::vector<const DailyActivity*> all;
  for (const DailyActivity& day : activity.days()) {
    table.AddRow(RowOf(DayText(day), {&day}, currencies));
    all.push_back(&day);
  }
  const bool final = activity.freshness().completeness() == Freshness::COMPLETENESS_COMPLETE;
  if (all.size() > 1) table.AddRow(RowOf(final ? "total" : "total so far", all, currencies));
  return table;
}

std::string FormatAge(const google::protobuf::Duration& lag) {
  absl::Duration age = absl::Seconds(lag.seconds()) + absl::Nanoseconds(lag.nanos());
  age = absl::Trunc(age, age < absl::Minutes(1) ? absl::Milliseconds(100) : absl::Seconds(1));
  return absl::FormatDuration(age);
}

// Of an answer that does not know whether anything is missing: what it does know.
absl::string_view DescribeUnknown(const Freshness& freshness) {
  if (!freshness.has_pending_events()) return "NOT FINAL: the message bus cannot be reached";
  if (freshness.pending_events() > 0) return "NOT FINAL: events are on their way";
  return "All that has reached the message bus is counted; what producers still hold is not known";
}

}  // namespace

std::string DayText(const DailyActivity& day) {
  const absl::CivilDay date = FromMessage(day.date());
  const absl::Time noon = absl::FromCivil(absl::CivilHour(date) + 12, absl::UTCTimeZone());
  return absl::FormatTime("%Y-%m-%d %a", noon, absl::UTCTimeZone());
}

std::string DescribeActivity(const ListDailyActivityResponse& activity, int columns, bool unicode) {
  const Table table = TableOf(activity);
  int64_t most = 0;
  for (const DailyActivity& day : activity.days()) most = std::max(most, day.orders_created());
  const int beside = columns - table.Width() - kGap;
  const bool fits = beside >= kBarWidthMin;
  std::vector<std::string> lines = table.Lines();
  std::string chart;
  for (int i = 0; i < activity.days_size(); ++i) {
    const DailyActivity& day = activity.days(i);
    const std::string label = DayText(day);
    const int room = fits ? beside : columns - static_cast<int>(label.size()) - kGap;
    const std::string bar = Bar(day.orders_created(), most, room, unicode);
    if (bar.empty()) continue;
    if (fits) {
      std::string& line = lines[static_cast<size_t>(i) + 1];
      line.append(static_cast<size_t>(table.Width()) - line.size() + kGap, ' ').append(bar);
    } else {
      absl::StrAppend(&chart, label, "  ", bar, "\n");
    }
  }
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n", chart.empty() ? "" : "\n", chart, "\n",
                      DescribeFreshness(activity.freshness()));
}

std::string DescribeFreshness(const Freshness& freshness) {
  std::string text;
  switch (freshness.completeness()) {
    case Freshness::COMPLETENESS_COMPLETE:
      text = "Everything recorded is counted";
      break;
    case Freshness::COMPLETENESS_CATCHING_UP:
      text = "NOT FINAL: events are on their way";
      break;
    case Freshness::COMPLETENESS_INCOMPLETE:
      text = "NOT FINAL: events are missing until healing or an operator brings them";
      break;
    default:
      text = std::string(DescribeUnknown(freshness));
  }
  if (freshness.has_as_of()) {
    absl::StrAppend(&text, "; as of ", FormatTimestamp(freshness.as_of()), ", ",
                    FormatAge(freshness.lag()), " ago");
  }
  std::vector<std::string> counts;
  const auto add = [&](int64_t count, absl::string_view what) {
    if (count > 0) counts.push_back(absl::StrCat(count, " ", what));
  };
  add(freshness.pending_events(), "pending");
  add(freshness.missing_events(), "missing");
  add(freshness.parked_events(), "parked");
  add(freshness.retrying_letters(), "being tried again");
  add(freshness.dead_letters(), "dead");
  if (counts.empty()) return text + ".\n";
  return absl::StrCat(text, ".\nEvents not counted: ", absl::StrJoin(counts, ", "), ".\n");
}

}  // namespace tally::client
