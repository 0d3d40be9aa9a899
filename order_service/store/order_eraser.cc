#include "order_service/store/order_eraser.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/bus/personal_data.h"
#include "order_service/store/retention_sql.h"

namespace tally::orders {

absl::StatusOr<OrderEraser::Step> OrderEraser::Erase(const std::string& customer, int orders_max,
                                                     absl::Time deadline) {
  Step step;
  if (customer == bus::kErased) return step;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(step, EraseIn(transaction, customer, orders_max));
        return absl::OkStatus();
      }));
  return step;
}

absl::StatusOr<OrderEraser::Step> OrderEraser::EraseIn(db::Transaction& transaction,
                                                       const std::string& customer,
                                                       int orders_max) {
  db::Batch::TextColumn order_ids;
  std::vector<outbox::EventPlace> places;
  RETURN_IF_ERROR((transaction.Query<std::string, std::string, int64_t, std::optional<std::string>,
                                     std::optional<int64_t>>(
      sql::kLockOrdersOfCustomer, {{"customer", customer}, {"orders_max", orders_max}},
      [&](std::string order_id, std::string place_lane, int64_t place_sequence,
          std::optional<std::string> cancel_lane, std::optional<int64_t> cancel_sequence) {
        order_ids.emplace_back(std::move(order_id));
        places.push_back({std::move(place_lane), place_sequence});
        if (cancel_lane.has_value()) {
          places.push_back({*std::move(cancel_lane), cancel_sequence.value_or(0)});
        }
      })));
  Step step;
  if (!order_ids.empty()) {
    ASSIGN_OR_RETURN(step.events, outbox::ErasePerson(transaction, places, customer));
    db::Batch rows;
    rows.Texts("order_id", std::move(order_ids)).Scalar({"erased", bus::kErased});
    ASSIGN_OR_RETURN(step.orders, transaction.Execute(sql::kEraseOrders, rows));
  }
  ASSIGN_OR_RETURN(const auto left, transaction.QueryOne<int64_t>(sql::kHasOrdersOfCustomer,
                                                                  {{"customer", customer}}));
  step.more = left.has_value();
  return step;
}

}  // namespace tally::orders
