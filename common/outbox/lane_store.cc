#include "common/outbox/lane_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/outbox/lane_sql.h"

namespace tally::outbox {
namespace {

constexpr char kOpen[] = "open";
constexpr char kDivisionByZero[] = "22012";

db::Batch::TextColumn TextColumn(absl::Span<const std::string> values) {
  return db::Batch::TextColumn(values.begin(), values.end());
}

// What PostgreSQL says of its own accord (see FenceLane).
absl::Status NotAsWeLeftIt() {
  return db::MakeError(db::ErrorKind::kData, kDivisionByZero, sql::kFenceLane.name);
}

absl::Status NoSuchLane(const std::string& lane_id) {
  return absl::NotFoundError(absl::StrCat("no lane ", lane_id));
}

}  // namespace

LaneStore::LaneStore(LaneStoreOptions options, db::Database& database)
    : options_(std::move(options)), database_(database), lane_ids_(database.clock()) {}

absl::StatusOr<std::string> LaneStore::Open(absl::Time deadline) {
  std::string lane_id = lane_ids_.Next().ToString();
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        const db::Params params = {{"lane_id", lane_id},
                                   {"stream", options_.stream},
                                   {"holder", options_.holder},
                                   {"now", now},
                                   {"expires_at", now + options_.lease}};
        RETURN_IF_ERROR(transaction.Execute(sql::kInsertLane, params).status());
        RETURN_IF_ERROR(transaction.Execute(sql::kInsertLease, params).status());
        return transaction.Execute(sql::kInsertCursor, params).status();
      }));
  return lane_id;
}

absl::Status LaneStore::Fence(db::Transaction& transaction, const std::string& lane_id,
                              int64_t head) {
  const db::Params params = {{"lane_id", lane_id}, {"head", head}};
  if (transaction.dialect() == db::Dialect::kPostgres) {
    return transaction.Post(sql::kFenceLane, params);
  }
  ASSIGN_OR_RETURN(const auto open, transaction.QueryOne<int64_t>(sql::kFenceLane, params));
  return open.has_value() ? absl::OkStatus() : NotAsWeLeftIt();
}

bool LaneStore::FenceFailed(const absl::Status& status) {
  return db::StatementOf(status) == sql::kFenceLane.name &&
         db::SqlStateOf(status) == kDivisionByZero;
}

absl::Status LaneStore::Append(db::Transaction& transaction, const LaneAppender& lane) {
  const std::vector<OutboxEvent>& events = lane.events();
  db::Batch::IntColumn sequences;
  db::Batch::TextColumn subjects, types, headers;
  db::Batch::BytesColumn payloads;
  for (const OutboxEvent& event : events) {
    sequences.push_back(event.sequence);
    subjects.push_back(event.subject);
    types.push_back(event.type);
    headers.push_back(EncodeHeaders(event));
    payloads.push_back({event.payload});
  }
  db::Batch batch;
  batch.Scalar({"lane_id", lane.lane_id()})
      .Scalar({"record_time", lane.record_time()})
      .Ints("sequence", std::move(sequences))
      .Texts("subject", std::move(subjects))
      .Texts("type", std::move(types))
      .Texts("headers", std::move(headers))
      .Blobs("payload", std::move(payloads));
  return transaction.Post(sql::kInsertEvents, batch);
}

absl::StatusOr<LaneStore::Row> LaneStore::Lock(db::Transaction& transaction,
                                               const std::string& lane_id) {
  ASSIGN_OR_RETURN(const auto row, (transaction.QueryOne<std::string, std::optional<int64_t>>(
                                       sql::kLockLane, {{"lane_id", lane_id}})));
  if (!row.has_value()) return NoSuchLane(lane_id);
  return Row{.open = std::get<0>(*row) == kOpen, .final_sequence = std::get<1>(*row)};
}

absl::StatusOr<int64_t> LaneStore::CloseLocked(db::Transaction& transaction,
                                               const std::string& lane_id, const Row& row) {
  if (!row.open) return row.final_sequence.value_or(0);
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  ASSIGN_OR_RETURN(const auto closed, transaction.QueryOne<int64_t>(
                                          sql::kCloseLane, {{"lane_id", lane_id}, {"now", now}}));
  if (!closed.has_value()) return NoSuchLane(lane_id);
  return std::get<0>(*closed);
}

absl::StatusOr<int64_t> LaneStore::Close(const std::string& lane_id, absl::Time deadline) {
  int64_t final_sequence = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const Row row, Lock(transaction, lane_id));
        ASSIGN_OR_RETURN(final_sequence, CloseLocked(transaction, lane_id, row));
        return absl::OkStatus();
      }));
  return final_sequence;
}

absl::StatusOr<std::vector<std::string>> LaneStore::ListExpired(int lanes_max,
                                                                absl::Time deadline) {
  std::vector<std::string> lane_ids;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        return transaction.Query<std::string>(
            sql::kListExpiredLeases,
            {{"now", now},
             {"sole_process", options_.sole_process ? 1 : 0},
             {"holder", options_.holder},
             {"lanes_max", lanes_max}},
            [&](std::string lane_id) { lane_ids.push_back(std::move(lane_id)); });
      }));
  return lane_ids;
}

absl::StatusOr<std::optional<LaneStatus>> LaneStore::TakeOver(const std::string& lane_id,
                                                              absl::Time deadline) {
  std::optional<LaneStatus> taken;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR(transaction.QueryOne<std::string>(sql::kLimitLockWait).status());
        ASSIGN_OR_RETURN(const Row row, Lock(transaction, lane_id));
        ASSIGN_OR_RETURN(const bool ours, TakeLeaseIfExpired(transaction, lane_id));
        if (!ours) return absl::OkStatus();
        RETURN_IF_ERROR(CloseLocked(transaction, lane_id, row).status());
        ASSIGN_OR_RETURN(taken, Find(transaction, lane_id));
        return absl::OkStatus();
      }));
  return taken;
}

absl::StatusOr<bool> LaneStore::TakeLeaseIfExpired(db::Transaction& transaction,
                                                   const std::string& lane_id) {
  ASSIGN_OR_RETURN(const auto lease, (transaction.QueryOne<std::string, int64_t>(
                                         sql::kLockLease, {{"lane_id", lane_id}})));
  if (!lease.has_value()) return false;
  const auto& [holder, expires_at] = *lease;
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  const bool holder_is_dead = options_.sole_process && holder != options_.holder;
  if (!holder_is_dead && absl::FromUnixMicros(expires_at) >= now) return false;
  RETURN_IF_ERROR(transaction
                      .Execute(sql::kTakeLease, {{"lane_id", lane_id},
                                                 {"holder", options_.holder},
                                                 {"expires_at", now + options_.lease}})
                      .status());
  return true;
}

absl::StatusOr<std::vector<std::string>> LaneStore::Renew(absl::Span<const std::string> lane_ids,
                                                          absl::Time deadline) {
  std::vector<std::string> renewed;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        db::Batch batch;
        batch.Texts("lane_id", TextColumn(lane_ids))
            .Scalar({"holder", options_.holder})
            .Scalar({"expires_at", now + options_.lease});
        return transaction.Query<std::string>(sql::kRenewLeases, batch, [&](std::string lane_id) {
          renewed.push_back(std::move(lane_id));
        });
      }));
  return renewed;
}

absl::Status LaneStore::Release(absl::Span<const std::string> lane_ids, absl::Time deadline) {
  return database_.Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        db::Batch batch;
        batch.Texts("lane_id", TextColumn(lane_ids))
            .Scalar({"holder", options_.holder})
            .Scalar({"expires_at", 0});
        return transaction.Query<std::string>(sql::kRenewLeases, batch, [](const std::string&) {});
      });
}

absl::Status LaneStore::RaiseCursors(db::Transaction& transaction,
                                     absl::Span<const Progress> lanes) {
  db::Batch::TextColumn lane_ids;
  db::Batch::IntColumn through;
  for (const Progress& lane : lanes) {
    lane_ids.push_back(lane.lane_id);
    through.push_back(lane.published_through);
  }
  db::Batch batch;
  batch.Texts("lane_id", std::move(lane_ids)).Ints("published_through", std::move(through));
  return transaction.Execute(sql::kRaiseCursors, batch).status();
}

absl::Status LaneStore::Advance(absl::Span<const Progress> lanes, absl::Time deadline) {
  db::Batch::TextColumn finished;
  for (const Progress& lane : lanes) {
    if (lane.finished) finished.push_back(lane.lane_id);
  }
  return database_.Run(db::Mode::kWrite, deadline,
                       [&](db::Transaction& transaction) -> absl::Status {
                         if (!finished.empty()) {
                           db::Batch batch;
                           batch.Texts("lane_id", finished).Scalar({"holder", options_.holder});
                           RETURN_IF_ERROR(transaction.Execute(sql::kDeleteLeases, batch).status());
                         }
                         return RaiseCursors(transaction, lanes);
                       });
}

absl::Status LaneStore::CheckLease(db::Transaction& transaction, const std::string& lane_id) {
  ASSIGN_OR_RETURN(const auto lease, (transaction.QueryOne<std::string, int64_t>(
                                         sql::kLockLease, {{"lane_id", lane_id}})));
  if (lease.has_value() && std::get<0>(*lease) == options_.holder) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("lane ", lane_id, " is another's to publish"));
}

absl::StatusOr<LaneStatus> LaneStore::Find(db::Transaction& transaction,
                                           const std::string& lane_id) {
  ASSIGN_OR_RETURN(const auto row, (transaction.QueryOne<std::string, int64_t, int64_t, int64_t>(
                                       sql::kFindLane, {{"lane_id", lane_id}})));
  if (!row.has_value()) return NoSuchLane(lane_id);
  const auto& [state, head, published_through, trimmed_through] = *row;
  return LaneStatus{.lane_id = lane_id,
                    .open = state == kOpen,
                    .head = head,
                    .published_through = published_through,
                    .trimmed_through = trimmed_through};
}

absl::StatusOr<LaneStatus> LaneStore::Find(const std::string& lane_id, absl::Time deadline) {
  LaneStatus status;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(status, Find(transaction, lane_id));
        return absl::OkStatus();
      }));
  return status;
}

absl::StatusOr<std::vector<OutboxEvent>> LaneStore::Read(const std::string& lane_id,
                                                         base::SequenceRange range,
                                                         int64_t events_max, int64_t bytes_max,
                                                         absl::Time deadline) {
  std::vector<OutboxEvent> events;
  const auto take = [&](int64_t sequence, std::string subject, std::string type,
                        std::string headers, db::Bytes payload, int64_t record_time) {
    events.push_back({.sequence = sequence,
                      .subject = std::move(subject),
                      .type = std::move(type),
                      .payload = std::move(payload.data),
                      .record_time = absl::FromUnixMicros(record_time)});
    return DecodeHeaders(headers, events.back());
  };
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        return transaction
            .Query<int64_t, std::string, std::string, std::string, db::Bytes, int64_t>(
                sql::kReadEvents,
                {{"lane_id", lane_id},
                 {"first", range.first},
                 {"last", range.last},
                 {"events_max", events_max},
                 {"bytes_max", bytes_max}},
                take);
      }));
  return events;
}

absl::Status LaneStore::Park(const std::string& lane_id, int64_t sequence, const Refused& refused,
                             int64_t published_through, absl::Time deadline) {
  return database_.Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        const db::Params params = {{"lane_id", lane_id},
                                   {"sequence", sequence},
                                   {"error", refused.error},
                                   {"attempts", refused.attempts},
                                   {"outcome_unknown", refused.outcome_unknown ? 1 : 0},
                                   {"holder", options_.holder},
                                   {"now", now}};
        const Progress progress = {.lane_id = lane_id, .published_through = published_through};
        RETURN_IF_ERROR(CheckLease(transaction, lane_id));
        RETURN_IF_ERROR(RaiseCursors(transaction, {progress}));
        return transaction.Execute(sql::kInsertParked, params).status();
      });
}

}  // namespace tally::outbox
