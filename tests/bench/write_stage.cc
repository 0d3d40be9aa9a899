#include "tests/bench/write_stage.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/db/database.h"
#include "common/outbox/lane_appender.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/outbox.h"
#include "order_service/store/order_store.h"
#include "tests/bench/reference_order.h"

namespace tally::bench {
namespace {

// The same orders again and again, under new ids.
class OrderWriter {
 public:
  OrderWriter(db::Database& database, int batch)
      : database_(database),
        lanes_({.stream = "ORDERS", .holder = "bench"}, database),
        ids_(clock_) {
    for (int i = 0; i < batch; ++i) {
      orders_.push_back(ReferenceOrder(absl::StrCat("bench-", i)));
    }
  }

  absl::Status Open() {
    ASSIGN_OR_RETURN(lane_id_, lanes_.Open(absl::Now() + kPatience));
    return absl::OkStatus();
  }

  absl::Status WriteBatch() {
    ASSIGN_OR_RETURN(db::Transaction transaction,
                     db::Transaction::Begin(database_, db::Mode::kWrite, absl::Now() + kPatience));
    RETURN_IF_ERROR(outbox::LaneStore::Fence(transaction, lane_id_, head_));
    ASSIGN_OR_RETURN(const base::Uuid lane_id, base::Uuid::Parse(lane_id_));
    outbox::LaneAppender lane(lane_id_, head_, clock_.Now());
    std::vector<const orders::StoredOrder*> drafts;
    for (orders::PlacementRequest& order : orders_) {
      order.draft.order.order_id = ids_.Next();
      order.draft.request_id = order.draft.order.order_id.ToString();
      order.draft.order.placed_event = {lane_id, lane.Append(order.event)};
      drafts.push_back(&order.draft);
    }
    RETURN_IF_ERROR(store_.Insert(transaction, lane_id, drafts));
    RETURN_IF_ERROR(lanes_.Append(transaction, lane));
    RETURN_IF_ERROR(transaction.Commit());
    head_ = lane.head();
    return absl::OkStatus();
  }

  absl::Status Close() { return lanes_.Close(lane_id_, absl::Now() + kPatience).status(); }
  int64_t written() const { return head_; }

 private:
  static constexpr absl::Duration kPatience = absl::Seconds(10);

  db::Database& database_;
  base::SystemClock clock_;
  outbox::LaneStore lanes_;
  orders::OrderStore store_;
  base::UuidV7Source ids_;
  std::vector<orders::PlacementRequest> orders_;
  std::string lane_id_;
  int64_t head_ = 0;
};

}  // namespace

absl::StatusOr<double> RunWriteStage(const std::string& database_url, int batch,
                                     absl::Duration span) {
  base::SystemClock clock;
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "bench");
  ASSIGN_OR_RETURN(const auto database,
                   db::Database::Open({.url = database_url, .sessions = 2}, clock, telemetry));
  RETURN_IF_ERROR(outbox::Outbox::Migrate(*database));
  RETURN_IF_ERROR(orders::OrderStore::Migrate(*database));
  OrderWriter writer(*database, batch);
  RETURN_IF_ERROR(writer.Open());
  const absl::Duration start = base::MonotonicNow();
  while (base::MonotonicNow() < start + span) RETURN_IF_ERROR(writer.WriteBatch());
  const absl::Duration taken = base::MonotonicNow() - start;
  RETURN_IF_ERROR(writer.Close());
  return static_cast<double>(writer.written()) / absl::ToDoubleSeconds(taken);
}

}  // namespace tally::bench
