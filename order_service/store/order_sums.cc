#include "order_service/store/order_sums.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "order_service/store/audit_sql.h"

namespace tally::orders {
namespace {

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
  // SQLite enters and leaves the index by start_time and end_time alone, and would read what lies
  // before and behind the page if they did not follow it.
  const absl::Time start = after ? after->place_time : within.start;
  const auto params = [&](absl::Time end) {
    return db::Params{{"start_time", start},
                      {"end_time", end},
                      {"after_time", after ? after->place_time : absl::UnixEpoch()},
                      {"after_id", after ? after->order_id.ToString() : base::kNilUuid}};
  };
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(page.next, FindPageEnd(transaction, by, params(within.end), orders_max_));
        const absl::Time last = page.next ? page.next->place_time : within.end;
        db::Params page_params = params(std::min(within.end, last + absl::Microseconds(1)));
        page_params.push_back({"last_time", last});
        page_params.push_back(
            {"last_id", page.next ? page.next->order_id.ToString() : base::kMaxUuid});
        RETURN_IF_ERROR((transaction.Query<int64_t, std::string, int64_t, int64_t, int64_t>(
            by == CountedBy::kPlaced ? sql::kSumPlaced : sql::kSumCancelled, page_params, add)));
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
