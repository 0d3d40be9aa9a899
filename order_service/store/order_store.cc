#include "order_service/store/order_store.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "order_service/store/migrations.h"
#include "order_service/store/order_lines_codec.h"
#include "order_service/store/orders_sql.h"

namespace tally::orders {
namespace {

// Bounds that order every possible key, for lists without a cursor.
const base::Uuid kLastUuid(base::Uuid::Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,  //
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
constexpr int64_t kFirstMicros = std::numeric_limits<int64_t>::min();
constexpr int64_t kLastMicros = std::numeric_limits<int64_t>::max();

int64_t ToMicros(absl::Time time) {
  if (time == absl::InfinitePast()) return kFirstMicros;
  if (time == absl::InfiniteFuture()) return kLastMicros;
  return absl::ToUnixMicros(time);
}

std::string StateText(const std::optional<OrderState>& state) {
  if (!state.has_value()) return "";
  return *state == OrderState::kPlaced ? "placed" : "cancelled";
}

using Text = std::string;
using OptionalText = std::optional<std::string>;
using OptionalInt = std::optional<int64_t>;
using OptionalBytes = std::optional<db::Bytes>;

absl::StatusOr<EventPlace> MakeEventPlace(const Text& lane_id, int64_t sequence) {
  ASSIGN_OR_RETURN(const base::Uuid lane, base::Uuid::Parse(lane_id));
  return EventPlace{lane, sequence};
}

// Runs a statement that selects OrderColumns.
template <typename Params>
absl::Status QueryOrders(db::Transaction& transaction, const db::Statement& statement,
                         const Params& params, std::vector<StoredOrder>& result) {
  return transaction.Query<Text, Text, Text, int64_t, int64_t, db::Bytes, int64_t, int64_t, int64_t,
                           Text, OptionalText, db::Bytes, Text, int64_t, OptionalInt, OptionalText,
                           OptionalText, OptionalInt, OptionalText, OptionalText, OptionalBytes>(
      statement, params,
      [&](Text order_id, Text customer, Text currency, int64_t total_units, int64_t total_nanos,
          db::Bytes lines, int64_t version, int64_t place_time, int64_t create_time, Text caller,
          OptionalText request_id, db::Bytes fingerprint, Text place_lane, int64_t place_sequence,
          OptionalInt cancel_time, OptionalText cancel_reason, OptionalText cancel_lane,
          OptionalInt cancel_sequence, OptionalText cancel_caller, OptionalText cancel_request_id,
          OptionalBytes cancel_fingerprint) -> absl::Status {
        StoredOrder& stored = result.emplace_back();
        Order& order = stored.order;
        ASSIGN_OR_RETURN(order.order_id, base::Uuid::Parse(order_id));
        ASSIGN_OR_RETURN(order.total, base::Money::Create(currency, total_units, total_nanos));
        ASSIGN_OR_RETURN(order.lines, DecodeLines(lines.data, currency));
        ASSIGN_OR_RETURN(order.placed_event, MakeEventPlace(place_lane, place_sequence));
        order.customer = std::move(customer);
        order.currency = std::move(currency);
        order.version = version;
        order.place_time = absl::FromUnixMicros(place_time);
        order.create_time = absl::FromUnixMicros(create_time);
        if (cancel_time.has_value()) {
          ASSIGN_OR_RETURN(const EventPlace event,
                           MakeEventPlace(cancel_lane.value_or(""), cancel_sequence.value_or(0)));
          order.state = OrderState::kCancelled;
          order.cancellation = {absl::FromUnixMicros(*cancel_time), cancel_reason.value_or(""),
                                event};
        }
        stored.caller = std::move(caller);
        stored.request_id = request_id.value_or("");
        stored.fingerprint = std::move(fingerprint.data);
        stored.cancel_caller = cancel_caller.value_or("");
        stored.cancel_request_id = cancel_request_id.value_or("");
        if (cancel_fingerprint) stored.cancel_fingerprint = std::move(cancel_fingerprint->data);
        return absl::OkStatus();
      });
}

// Every writer locks in the same order, so that two wait for each other at most one way.
std::set<base::Uuid> SortedIds(absl::Span<const CancellationLookup> cancellations) {
  std::set<base::Uuid> ids;
  for (const CancellationLookup& cancellation : cancellations) ids.insert(cancellation.order_id);
  return ids;
}

// Asks for the order of a request_id, and for that of a time in which nobody was asked who calls.
void AddRequest(absl::string_view caller, absl::string_view request_id,
                db::Batch::TextColumn& callers, db::Batch::TextColumn& request_ids) {
  if (request_id.empty()) return;
  callers.emplace_back(caller);
  request_ids.emplace_back(request_id);
  if (!caller.empty()) AddRequest("", request_id, callers, request_ids);
}

std::vector<Order> ToOrders(std::vector<StoredOrder> found) {
  std::vector<Order> orders;
  orders.reserve(found.size());
  for (StoredOrder& stored : found) orders.push_back(std::move(stored.order));
  return orders;
}

const db::Statement& ListStatement(const OrderFilter& filter) {
  if (filter.customer.empty() && filter.state == OrderState::kCancelled) {
    return filter.newest_first ? sql::kListCancelledNewestFirst : sql::kListCancelledOldestFirst;
  }
  if (filter.customer.empty())
    return filter.newest_first ? sql::kListNewestFirst : sql::kListOldestFirst;
  return filter.newest_first ? sql::kListNewestFirstOfCustomer : sql::kListOldestFirstOfCustomer;
}

}  // namespace

absl::Status OrderStore::Migrate(db::Database& database) {
  return database.Migrate("orders", kMigrations);
}

absl::Status OrderStore::Insert(db::Transaction& transaction, const base::Uuid& lane_id,
                                absl::Span<const StoredOrder* const> orders) const {
  db::Batch::UuidColumn ids;
  db::Batch::TextColumn customers, currencies, callers, request_ids;
  db::Batch::IntColumn units, nanos, place_times, create_times, sequences;
  db::Batch::BytesColumn lines, fingerprints;
  bool named = false;
  for (const StoredOrder* stored : orders) {
    const Order& order = stored->order;
    named = named || !stored->caller.empty();
    ids.push_back(order.order_id);
    customers.emplace_back(order.customer);
    currencies.emplace_back(order.currency);
    units.emplace_back(order.total.units());
    nanos.emplace_back(order.total.nanos());
    lines.push_back({EncodeLines(order.lines)});
    place_times.emplace_back(absl::ToUnixMicros(order.place_time));
    create_times.emplace_back(absl::ToUnixMicros(order.create_time));
    callers.emplace_back(stored->caller);
    request_ids.push_back(stored->request_id.empty() ? std::nullopt
                                                     : std::make_optional(stored->request_id));
    fingerprints.push_back({stored->fingerprint});
    sequences.emplace_back(order.placed_event.sequence);
  }
  db::Batch batch;
  batch.Uuids("order_id", std::move(ids)).Texts("customer", std::move(customers));
  batch.Texts("currency", std::move(currencies)).Ints("total_units", std::move(units));
  batch.Ints("total_nanos", std::move(nanos)).Blobs("lines", std::move(lines));
  batch.Ints("place_time", std::move(place_times)).Ints("create_time", std::move(create_times));
  batch.Texts("caller", std::move(callers)).Texts("request_id", std::move(request_ids));
  batch.Blobs("fingerprint", std::move(fingerprints)).Ints("sequence", std::move(sequences));
  batch.Scalar({"lane_id", lane_id.ToString()});
  if (named && transaction.dialect() == db::Dialect::kPostgres) {
    RETURN_IF_ERROR(transaction.Post(sql::kPlanByIndex, db::Params()));
  }
  return transaction.Post(sql::kInsertOrders, batch);
}

absl::StatusOr<std::vector<StoredOrder>> OrderStore::FindPlaced(
    db::Transaction& transaction, absl::Span<const StoredOrder* const> orders) const {
  db::Batch::TextColumn ids, callers, request_ids;
  for (const StoredOrder* stored : orders) {
    ids.emplace_back(stored->order.order_id.ToString());
    AddRequest(stored->caller, stored->request_id, callers, request_ids);
  }
  db::Batch by_id, by_request;
  by_id.Texts("order_id", std::move(ids));
  by_request.Texts("caller", std::move(callers)).Texts("request_id", std::move(request_ids));
  std::vector<StoredOrder> found;
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kFindOrdersById, by_id, found));
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kFindOrdersByRequest, by_request, found));
  return found;
}

absl::StatusOr<std::vector<StoredOrder>> OrderStore::LockForCancellation(
    db::Transaction& transaction, absl::Span<const CancellationLookup> cancellations) const {
  db::Batch::TextColumn ids, callers, request_ids;
  for (const base::Uuid& id : SortedIds(cancellations)) ids.emplace_back(id.ToString());
  for (const CancellationLookup& cancellation : cancellations) {
    AddRequest(cancellation.caller, cancellation.request_id, callers, request_ids);
  }
  db::Batch by_id, by_request;
  by_id.Texts("order_id", std::move(ids));
  by_request.Texts("caller", std::move(callers)).Texts("request_id", std::move(request_ids));
  std::vector<StoredOrder> found;
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kLockOrders, by_id, found));
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kFindOrdersByCancelRequest, by_request, found));
  const auto by_order = [](const StoredOrder& a, const StoredOrder& b) {
    return a.order.order_id < b.order.order_id;
  };
  std::stable_sort(found.begin(), found.end(), by_order);
  const auto same_order = [](const StoredOrder& a, const StoredOrder& b) {
    return a.order.order_id == b.order.order_id;
  };
  found.erase(std::unique(found.begin(), found.end(), same_order), found.end());
  return found;
}

absl::Status OrderStore::Cancel(db::Transaction& transaction, const base::Uuid& lane_id,
                                absl::Span<const StoredOrder* const> orders) const {
  db::Batch::TextColumn ids, reasons, callers, request_ids;
  db::Batch::IntColumn versions, times, sequences;
  db::Batch::BytesColumn fingerprints;
  for (const StoredOrder* stored : orders) {
    const Cancellation& cancellation = *stored->order.cancellation;
    ids.emplace_back(stored->order.order_id.ToString());
    versions.emplace_back(stored->order.version);
    times.emplace_back(absl::ToUnixMicros(cancellation.time));
    reasons.emplace_back(cancellation.reason);
    callers.emplace_back(stored->cancel_caller);
    request_ids.push_back(stored->cancel_request_id.empty()
                              ? std::nullopt
                              : std::make_optional(stored->cancel_request_id));
    fingerprints.push_back({stored->cancel_fingerprint});
    sequences.emplace_back(cancellation.event.sequence);
  }
  db::Batch batch;
  batch.Texts("order_id", std::move(ids)).Ints("version", std::move(versions));
  batch.Ints("time", std::move(times)).Texts("reason", std::move(reasons));
  batch.Texts("caller", std::move(callers)).Texts("request_id", std::move(request_ids));
  batch.Blobs("fingerprint", std::move(fingerprints)).Ints("sequence", std::move(sequences));
  batch.Scalar({"lane_id", lane_id.ToString()});
  ASSIGN_OR_RETURN(const int64_t changed, transaction.Execute(sql::kCancelOrders, batch));
  if (changed == static_cast<int64_t>(orders.size())) return absl::OkStatus();
  return absl::InternalError("an order that was locked is not there");
}

absl::StatusOr<std::optional<Order>> OrderStore::Find(db::Transaction& transaction,
                                                      const base::Uuid& order_id) const {
  db::Batch by_id;
  by_id.Texts("order_id", {order_id.ToString()});
  std::vector<StoredOrder> found;
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kFindOrdersById, by_id, found));
  if (found.empty()) return std::nullopt;
  return std::move(found.front().order);
}

absl::StatusOr<std::vector<Order>> OrderStore::List(db::Transaction& transaction,
                                                    const OrderFilter& filter,
                                                    const std::optional<OrderCursor>& after,
                                                    int orders_max) const {
  const OrderCursor edge = filter.newest_first ? OrderCursor{absl::InfiniteFuture(), kLastUuid}
                                               : OrderCursor{absl::InfinitePast(), base::Uuid()};
  const OrderCursor from = after.value_or(edge);
  // SQLite enters the index by these two bounds alone, and reads every page before this one if they
  // do not follow the cursor.
  absl::Time start_time = filter.start_time;
  absl::Time end_time = filter.end_time;
  if (filter.newest_first) {
    end_time = std::min(end_time, from.place_time + absl::Microseconds(1));
  } else {
    start_time = std::max(start_time, from.place_time);
  }
  db::Params params = {
      {"start_time", ToMicros(start_time)},      {"end_time", ToMicros(end_time)},
      {"after_time", ToMicros(from.place_time)}, {"after_id", from.order_id.ToString()},
      {"state", StateText(filter.state)},        {"orders_max", orders_max}};
  if (!filter.customer.empty()) params.push_back({"customer", filter.customer});
  std::vector<StoredOrder> found;
  RETURN_IF_ERROR(QueryOrders(transaction, ListStatement(filter), params, found));
  return ToOrders(std::move(found));
}

absl::StatusOr<std::vector<Order>> OrderStore::ListByEvent(db::Transaction& transaction,
                                                           const base::Uuid& lane_id,
                                                           base::SequenceRange range,
                                                           int64_t events_max,
                                                           int64_t bytes_max) const {
  const db::Params params = {{"lane_id", lane_id.ToString()},
                             {"first", range.first},
                             {"last", range.last},
                             {"events_max", events_max},
                             {"bytes_max", bytes_max}};
  std::vector<StoredOrder> found;
  RETURN_IF_ERROR(QueryOrders(transaction, sql::kListByEvent, params, found));
  return ToOrders(std::move(found));
}

}  // namespace tally::orders
