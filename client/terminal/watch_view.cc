#include "client/terminal/watch_view.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/terminal/activity_view.h"
#include "client/terminal/sparkline.h"
#include "client/terminal/table.h"

namespace tally::client {
namespace {

using activity::v1::DailyActivity;
using activity::v1::Freshness;
using activity::v1::WatchDailyActivityResponse;
using Align = Table::Align;

constexpr char kLastMinute[] = "last minute  ";

// Words on lines of at most `columns`, unless one of them is longer.
void AppendWrapped(absl::string_view text, int columns, std::vector<std::string>& lines) {
  std::string line;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (!line.empty() && CharacterCount(line) + 1 + CharacterCount(word) > columns) {
      lines.push_back(std::move(line));
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) lines.push_back(std::move(line));
}

Table TableOf(const DailyActivity& day) {
  Table table({Align::kLeft, Align::kRight, Align::kRight, Align::kRight});
  table.AddRow({"", "created", "cancelled", "net"});
  table.AddRow({"orders", absl::StrCat(day.orders_created()), absl::StrCat(day.orders_cancelled()),
                absl::StrCat(day.orders_net())});
  for (const activity::v1::Revenue& revenue : day.revenue()) {
    table.AddRow({absl::StrCat("revenue ", revenue.currency()), FormatAmount(revenue.created()),
                  FormatAmount(revenue.cancelled()), FormatAmount(revenue.net())});
  }
  return table;
}

std::string DrawRate(const std::vector<int64_t>& per_second, int columns, bool unicode) {
  const int64_t sum = std::accumulate(per_second.begin(), per_second.end(), int64_t{0});
  const std::string after = absl::StrCat("  ", sum, sum == 1 ? " order" : " orders");
  const int room = columns - CharacterCount(kLastMinute) - CharacterCount(after);
  const size_t shown = std::min(per_second.size(), static_cast<size_t>(std::max(room, 0)));
  const auto newest = absl::MakeConstSpan(per_second).last(shown);
  return absl::StrCat(kLastMinute, Sparkline(newest, unicode), after);
}

// As old as it is by now.
Freshness Aged(Freshness freshness, absl::Duration age) {
  if (!freshness.has_lag()) return freshness;
  google::protobuf::Duration& message = *freshness.mutable_lag();
  const absl::Duration lag =
      age + absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
  message.set_seconds(absl::ToInt64Seconds(lag));
  message.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(lag - absl::Seconds(message.seconds()))));
  return freshness;
}

absl::string_view KindName(WatchDailyActivityResponse::Kind kind) {
  switch (kind) {
    case WatchDailyActivityResponse::KIND_SNAPSHOT:
      return "snapshot ";
    case WatchDailyActivityResponse::KIND_CHANGE:
      return "change   ";
    default:
      return "heartbeat";
  }
}

}  // namespace

std::vector<std::string> DrawWatch(const WatchScreen& screen, int columns, bool unicode) {
  std::vector<std::string> lines = {
      absl::StrCat(DayText(screen.day), ", ", screen.day.time_zone())};
  for (std::string& line : TableOf(screen.day).Lines()) lines.push_back(std::move(line));
  lines.push_back("");
  lines.push_back(DrawRate(screen.per_second, columns, unicode));
  lines.push_back("");
  AppendWrapped(DescribeFreshness(Aged(screen.freshness, screen.age)), columns, lines);
  AppendWrapped(screen.trouble, columns, lines);
  return lines;
}

std::string DescribeMessage(const WatchDailyActivityResponse& message, const DailyActivity& day) {
  std::string line = absl::StrCat(KindName(message.kind()), "  ", DayText(day), "  orders ",
                                  day.orders_created(), "  cancelled ", day.orders_cancelled());
  for (const activity::v1::Revenue& revenue : day.revenue()) {
    absl::StrAppend(&line, "  ", revenue.currency(), " ", FormatAmount(revenue.net()));
  }
  const Freshness& freshness = message.freshness();
  if (freshness.has_as_of()) {
    absl::StrAppend(&line, "  as of ", FormatTimestamp(freshness.as_of()));
  }
  return line;
}

}  // namespace tally::client
