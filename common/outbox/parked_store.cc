#include "common/outbox/parked_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/outbox/parked_sql.h"

namespace tally::outbox {
namespace {

using Text = std::string;

constexpr char kParked[] = "parked";
constexpr char kVoid[] = "void";

// The columns of fragment ParkedColumns.
absl::StatusOr<ParkedEvent> ToParked(Text lane_id, int64_t sequence, Text subject, Text type,
                                     const Text& headers, int64_t payload_bytes,
                                     int64_t record_time, Text error, int64_t attempts,
                                     int64_t outcome_unknown, const Text& state, Text reason,
                                     Text by, int64_t changed_at) {
  ParkedEvent parked{.lane_id = std::move(lane_id),
                     .event = {.sequence = sequence,
                               .subject = std::move(subject),
                               .type = std::move(type),
                               .record_time = absl::FromUnixMicros(record_time)},
                     .payload_bytes = payload_bytes,
                     .error = std::move(error),
                     .attempts = attempts,
                     .outcome_unknown = outcome_unknown == 1,
                     .discarded = state == kVoid,
                     .reason = std::move(reason),
                     .discarded_by = state == kVoid ? std::move(by) : "",
                     .changed = absl::FromUnixMicros(changed_at)};
  RETURN_IF_ERROR(DecodeHeaders(headers, parked.event));
  return parked;
}

std::vector<EventKey> Sorted(absl::Span<const EventKey> keys) {
  const auto order = [](const EventKey& key) { return std::tie(key.lane_id, key.sequence); };
  std::vector<EventKey> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end(),
            [&](const EventKey& a, const EventKey& b) { return order(a) < order(b); });
  sorted.erase(
      std::unique(sorted.begin(), sorted.end(),
                  [&](const EventKey& a, const EventKey& b) { return order(a) == order(b); }),
      sorted.end());
  return sorted;
}

db::Batch KeyColumns(absl::Span<const EventKey> keys) {
  db::Batch::TextColumn lanes;
  db::Batch::IntColumn sequences;
  for (const EventKey& key : keys) {
    lanes.push_back(key.lane_id);
    sequences.push_back(key.sequence);
  }
  db::Batch batch;
  batch.Texts("lane_id", std::move(lanes)).Ints("sequence", std::move(sequences));
  return batch;
}

std::string IdOf(const EventKey& key) { return absl::StrCat(key.lane_id, "/", key.sequence); }

}  // namespace

absl::StatusOr<ParkedStore::Page> ParkedStore::List(const Filter& filter,
                                                    const std::optional<Position>& after,
                                                    bool with_payload, int64_t count_max,
                                                    int64_t bytes_max, absl::Time deadline) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  db::Params params = {
      {"with_payload", with_payload ? 1 : 0},
      {"after_time", after ? absl::ToUnixMicros(after->changed) : kMax},
      {"after_lane", after ? after->key.lane_id : base::kMaxUuid},
      {"after_sequence", after ? after->key.sequence : kMax},
      {"lane_id", filter.lane_id.empty() ? std::nullopt : std::optional<Text>(filter.lane_id)},
      {"state", !filter.discarded   ? ""
                : *filter.discarded ? kVoid
                                    : kParked},
      {"type", filter.type},
      {"count_max", count_max + 1},  // whether there are more
      {"bytes_max", bytes_max}};
  Page page;
  int64_t seen = 0, payload_bytes = 0;
  const auto add = [&](Text lane_id, int64_t sequence, Text subject, Text type, const Text& headers,
                       int64_t bytes, int64_t record_time, Text error, int64_t attempts,
                       int64_t unknown, const Text& state, Text reason, Text by, int64_t changed_at,
                       std::optional<db::Bytes> payload) -> absl::Status {
    if (++seen > count_max) return absl::OkStatus();
    payload_bytes += bytes;
    ASSIGN_OR_RETURN(ParkedEvent parked,
                     ToParked(std::move(lane_id), sequence, std::move(subject), std::move(type),
                              headers, bytes, record_time, std::move(error), attempts, unknown,
                              state, std::move(reason), std::move(by), changed_at));
    if (payload.has_value()) parked.event.payload = std::move(payload->data);
    page.events.push_back(std::move(parked));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
    return transaction.Query<Text, int64_t, Text, Text, Text, int64_t, int64_t, Text, int64_t,
                             int64_t, Text, Text, Text, int64_t, std::optional<db::Bytes>>(
        sql::kListParked, params, add);
  }));
  if (seen > count_max || (with_payload && payload_bytes >= bytes_max)) {
    const ParkedEvent& last = page.events.back();
    page.next = {last.changed, {last.lane_id, last.event.sequence}};
  }
  return page;
}

absl::StatusOr<std::vector<ParkedStore::Row>> ParkedStore::Lock(db::Transaction& transaction,
                                                                const db::Batch& keys,
                                                                absl::Span<const EventKey> sorted) {
  std::vector<Row> rows;
  std::optional<EventKey> missing;
  const auto take = [&](const Text& lane_id, int64_t sequence, const Text& state, int64_t unknown) {
    const EventKey& wanted = sorted[rows.size()];
    if (!missing && (wanted.lane_id != lane_id || wanted.sequence != sequence)) missing = wanted;
    rows.push_back({state == kVoid, unknown == 1});
  };
  RETURN_IF_ERROR((transaction.Query<Text, int64_t, Text, int64_t>(sql::kLockParked, keys, take)));
  if (!missing && rows.size() < sorted.size()) missing = sorted[rows.size()];
  if (missing) return absl::NotFoundError(absl::StrCat("event ", IdOf(*missing), " is not parked"));
  return rows;
}

absl::StatusOr<int64_t> ParkedStore::Retry(absl::Span<const EventKey> keys, int refusals_max,
                                           absl::Time deadline) {
  const std::vector<EventKey> sorted = Sorted(keys);
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        db::Batch batch = KeyColumns(sorted);
        ASSIGN_OR_RETURN(const std::vector<Row> rows, Lock(transaction, batch, sorted));
        for (size_t i = 0; i < rows.size(); ++i) {
          if (!rows[i].discarded) continue;
          return absl::FailedPreconditionError(
              absl::StrCat("event ", IdOf(sorted[i]), " was discarded"));
        }
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        batch.Scalar({"now", now}).Scalar({"refusals_max", refusals_max});
        return transaction.Execute(sql::kMakeDue, batch).status();
      }));
  return static_cast<int64_t>(sorted.size());
}

absl::StatusOr<int64_t> ParkedStore::Discard(absl::Span<const EventKey> keys,
                                             const std::string& reason, const std::string& by,
                                             absl::Time deadline) {
  const std::vector<EventKey> sorted = Sorted(keys);
  int64_t discarded = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        db::Batch batch = KeyColumns(sorted);
        ASSIGN_OR_RETURN(const std::vector<Row> rows, Lock(transaction, batch, sorted));
        for (size_t i = 0; i < rows.size(); ++i) {
          if (rows[i].discarded || !rows[i].outcome_unknown) continue;
          return absl::FailedPreconditionError(
              absl::StrCat("event ", IdOf(sorted[i]),
                           ": the outcome of an attempt to publish it is unknown; consumers may "
                           "have it"));
        }
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        batch.Scalar({"now", now}).Scalar({"reason", reason}).Scalar({"by", by});
        ASSIGN_OR_RETURN(discarded, transaction.Execute(sql::kDiscard, batch));
        return absl::OkStatus();
      }));
  return discarded;
}

absl::StatusOr<bool> ParkedStore::AnyDue(absl::Time deadline) {
  bool any = false;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        return transaction.Query<int64_t>(sql::kFindDue, {{"now", now}},
                                          [&](int64_t) { any = true; });
      }));
  return any;
}

absl::StatusOr<std::optional<ParkedEvent>> ParkedStore::ClaimDue(absl::Duration time,
                                                                 absl::Time deadline) {
  std::optional<ParkedEvent> claimed;
  const auto take = [&](Text lane_id, int64_t sequence, Text subject, Text type,
                        const Text& headers, int64_t bytes, int64_t record_time, Text error,
                        int64_t attempts, int64_t unknown, const Text& state, Text reason, Text by,
                        int64_t changed_at, db::Bytes payload) -> absl::Status {
    ASSIGN_OR_RETURN(
        claimed, ToParked(std::move(lane_id), sequence, std::move(subject), std::move(type),
                          headers, bytes, record_time, std::move(error), attempts, unknown, state,
                          std::move(reason), std::move(by), changed_at));
    claimed->event.payload = std::move(payload.data);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        return transaction.Query<Text, int64_t, Text, Text, Text, int64_t, int64_t, Text, int64_t,
                                 int64_t, Text, Text, Text, int64_t, db::Bytes>(
            sql::kClaimDue, {{"now", now}, {"claimed_until", now + time}}, take);
      }));
  return claimed;
}

absl::Status ParkedStore::Acknowledged(const EventKey& key, absl::Time deadline) {
  return database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
    return transaction
        .Execute(sql::kDeleteParked, {{"lane_id", key.lane_id}, {"sequence", key.sequence}})
        .status();
  });
}

absl::Status ParkedStore::Refused(const EventKey& key, const std::string& error,
                                  absl::Duration retry_after, absl::Time deadline) {
  return database_.Run(db::Mode::kWrite, deadline,
                       [&](db::Transaction& transaction) -> absl::Status {
                         ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
                         return transaction
                             .Execute(sql::kCountRefusal, {{"lane_id", key.lane_id},
                                                           {"sequence", key.sequence},
                                                           {"error", error},
                                                           {"retry_at", now + retry_after}})
                             .status();
                       });
}

absl::Status ParkedStore::Unavailable(const EventKey& key, bool may_be_stored,
                                      absl::Duration retry_after, absl::Time deadline) {
  return database_.Run(db::Mode::kWrite, deadline,
                       [&](db::Transaction& transaction) -> absl::Status {
                         ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
                         return transaction
                             .Execute(sql::kCloseAttempt, {{"lane_id", key.lane_id},
                                                           {"sequence", key.sequence},
                                                           {"may_be_stored", may_be_stored ? 1 : 0},
                                                           {"retry_at", now + retry_after}})
                             .status();
                       });
}

}  // namespace tally::outbox
