#include "order_service/store/order_expiry.h"

#include <algorithm>
#include <string>

#include "common/base/status_macros.h"
#include "order_service/store/retention_sql.h"

namespace tally::orders {
namespace {

// The lowest UUIDv7 of this time.
base::Uuid FirstIdAt(absl::Time time) {
  const auto ms = static_cast<uint64_t>(absl::ToUnixMillis(time));
  base::Uuid::Bytes bytes = {};
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(ms >> (8 * (5 - i)));
  return base::Uuid(bytes);
}

}  // namespace

OrderExpiry::OrderExpiry(OrderExpiryOptions options, db::Database& database,
                         telemetry::Telemetry& telemetry)
    : options_(options),
      database_(database),
      expired_total_(telemetry.metrics.AddCounter("tally_orders_expired_total",
                                                  "Orders removed because of their age.")) {}

absl::StatusOr<bool> OrderExpiry::Sweep() {
  if (options_.retention == absl::ZeroDuration()) return false;
  int removed = 0;
  base::Uuid last = after_;
  RETURN_IF_ERROR(database_.Run(
      db::Mode::kWrite, database_.clock().Now() + options_.session_timeout,
      [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        const absl::Time cutoff = now - options_.retention;
        RETURN_IF_ERROR(transaction.Query<std::string>(sql::kDeleteExpiredOrders,
                                                       {{"after", after_.ToString()},
                                                        {"before", FirstIdAt(cutoff).ToString()},
                                                        {"cutoff", cutoff},
                                                        {"orders_max", options_.orders_max}},
                                                       [&](const std::string& id) -> absl::Status {
                                                         ASSIGN_OR_RETURN(const base::Uuid order_id,
                                                                          base::Uuid::Parse(id));
                                                         last = std::max(last, order_id);
                                                         ++removed;
                                                         return absl::OkStatus();
                                                       }));
        if (removed == 0) return absl::OkStatus();
        return transaction.Execute(sql::kRaiseExpired, {{"before", cutoff}}).status();
      }));
  expired_total_.Increment(removed);
  const bool more = removed == options_.orders_max;
  after_ = more ? last : base::Uuid();
  return more;
}

}  // namespace tally::orders
