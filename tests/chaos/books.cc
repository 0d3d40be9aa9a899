#include "tests/chaos/books.h"

#include <grpcpp/client_context.h>

#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/calls/channel.h"
#include "common/base/status_macros.h"
#include "common/rpc/google_types.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"
#include "tests/e2e/database_query.h"

namespace tally::chaos {
namespace {

constexpr std::chrono::seconds kPatience(2);
constexpr int kDaysBack = 9;  // Orders are six days old at most.

std::string DataFile(const char* name) { return absl::StrCat(TALLY_CHAOS_DIR, "/data/", name); }

int64_t CentsOf(const google::type::Money& money) {
  return money.units() * 100 + money.nanos() / 10'000'000;
}

void AddNonZero(std::map<std::string, int64_t>& amounts, const std::string& currency,
                const google::type::Money& money) {
  if (CentsOf(money) != 0) amounts[currency] = CentsOf(money);
}

DaySum ToDaySum(const activity::v1::DailyActivity& day) {
  DaySum sum{.created = day.orders_created(), .cancelled = day.orders_cancelled()};
  for (const activity::v1::Revenue& revenue : day.revenue()) {
    AddNonZero(sum.created_cents, revenue.currency(), revenue.created());
    AddNonZero(sum.cancelled_cents, revenue.currency(), revenue.cancelled());
  }
  return sum;
}

absl::StatusOr<std::vector<int64_t>> Numbers(const std::vector<std::string>& texts) {
  std::vector<int64_t> numbers;
  for (const std::string& text : texts) {
    if (!absl::SimpleAtoi(text, &numbers.emplace_back())) {
      return absl::InternalError(absl::StrCat("no number: ", text));
    }
  }
  return numbers;
}

absl::StatusOr<StoredOrder> ToStoredOrder(const std::string& line) {
  const std::vector<std::string> columns = absl::StrSplit(line, '|');
  if (columns.size() != 7) return absl::InternalError(line);
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers,
                   Numbers({columns[3], columns[4], columns[6]}));
  StoredOrder order{.request_id = columns[0],
                    .order_id = columns[1],
                    .currency = columns[2],
                    .cents = numbers[0],
                    .place_time = absl::FromUnixMicros(numbers[1]),
                    .cancel_time = {},
                    .events = numbers[2]};
  if (!columns[5].empty()) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> time, Numbers({columns[5]}));
    order.cancel_time = absl::FromUnixMicros(time[0]);
  }
  return order;
}

}  // namespace

absl::StatusOr<Statistics> ReadStatistics(const config::HostPort& activity_service) {
  const auto stub = activity::v1::ActivityService::NewStub(client::OpenChannel({activity_service}));
  activity::v1::ListDailyActivityRequest request;
  const absl::CivilDay today = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  rpc::ToMessage(today - kDaysBack, *request.mutable_start_date());
  rpc::ToMessage(today + 1, *request.mutable_end_date());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  activity::v1::ListDailyActivityResponse response;
  const grpc::Status status = stub->ListDailyActivity(&context, request, &response);
  if (!status.ok()) return absl::UnavailableError(status.error_message());
  Statistics statistics;
  for (const activity::v1::DailyActivity& day : response.days()) {
    const DaySum sum = ToDaySum(day);
    if (sum == DaySum()) continue;
    statistics.days[absl::StrFormat("%04d-%02d-%02d", day.date().year(), day.date().month(),
                                    day.date().day())] = sum;
  }
  const activity::v1::Freshness& freshness = response.freshness();
  statistics.not_counted = freshness.missing_events() + freshness.parked_events() +
                           freshness.retrying_letters() + freshness.dead_letters();
  return statistics;
}

absl::StatusOr<std::vector<StoredOrder>> ReadStore(const std::string& orders_database) {
  ASSIGN_OR_RETURN(const std::string text,
                   e2e::QueryLines(orders_database, DataFile("stored_orders.sql")));
  std::vector<StoredOrder> orders;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(orders.emplace_back(), ToStoredOrder(std::string(line)));
  }
  return orders;
}

absl::StatusOr<Lanes> ReadLanes(const std::string& orders_database) {
  ASSIGN_OR_RETURN(const std::string text, e2e::QueryLines(orders_database, DataFile("lanes.sql")));
  const std::string line(absl::StripTrailingAsciiWhitespace(text));
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, Numbers(absl::StrSplit(line, '|')));
  if (numbers.size() != 3) return absl::InternalError(text);
  return Lanes{numbers[0], numbers[1], numbers[2]};
}

}  // namespace tally::chaos
