#include "order_service/store/order_sums.h"

#include <string>
#include <tuple>

#include "common/base/status_macros.h"
#include "order_service/store/audit_sql.h"

namespace tally::orders {
namespace {

constexpr char kBeforeAll[] = "00000000-0000-0000-0000-000000000000";
constexpr char kBehindAll[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const absl::CivilDay kFirstDay(1970, 1, 1);

absl::StatusOr<std::optional<OrderCursor>> FindPageEnd(db::Transaction& transaction, CountedBy by,
                                                       db::Params params, int orders) {
  params.push_back({"orders", orders - 1});
  const db::Statement& statement =
      by == CountedBy::kPlaced ? sql::kFindPageEndOfPlaced : sql::kFindPageEndOfCancelled;
  ASSIGN_OR_RETURN(const auto end, (transaction.QueryOne<int64_t, std::string>(statement, params)));
  if (!end.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const base::Uuid order_id, base::Uuid::Parse(std::get<1>(*end)));
  return OrderCursor{absl::FromUnixMicros(std::get<0>(*end)), order_id};
}

}  // namespace

absl::StatusOr<OrderSums::Page> OrderSums::Sum(CountedBy by, const base::TimeInterval& within,
                                               const std::optional<OrderCursor>& after,
                                               absl::Time deadline) {
  Page page;
  const auto add = [&](int64_t day, const std::string& currency, int64_t orders, int64_t units,
                       int64_t nanos) -> absl::Status {
    ASSIGN_OR_RETURN(base::Money total, base::Money::FromSums(currency, units, nanos));
    page.sums.push_back({kFirstDay + day, orders, std::move(total)});
    return absl::OkStatus();
  };
  // SQLite enters the index by this bound alone, and reads every page before this one if it does
  // not follow the cursor.
  db::Params params = {{"start_time", after ? after->place_time : within.start},
                       {"end_time", within.end},
                       {"after_time", after ? after->place_time : absl::UnixEpoch()},
                       {"after_id", after ? after->order_id.ToString() : kBeforeAll}};
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(page.next, FindPageEnd(transaction, by, params, orders_max_));
        params.push_back({"last_time", page.next ? page.next->place_time : within.end});
        params.push_back({"last_id", page.next ? page.next->order_id.ToString() : kBehindAll});
        RETURN_IF_ERROR((transaction.Query<int64_t, std::string, int64_t, int64_t, int64_t>(
            by == CountedBy::kPlaced ? sql::kSumPlaced : sql::kSumCancelled, params, add)));
        // Read last: what is removed from now on is in the sums.
        ASSIGN_OR_RETURN(const auto expired, transaction.QueryOne<int64_t>(sql::kFindExpired));
        if (expired.has_value() && std::get<0>(*expired) > 0) {
          page.expired_before = absl::FromUnixMicros(std::get<0>(*expired));
        }
        return absl::OkStatus();
      }));
  return page;
}

}  // namespace tally::orders
