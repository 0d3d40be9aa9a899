#include "common/outbox/trimmer.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "common/base/status_macros.h"
#include "common/outbox/trim_sql.h"

namespace tally::outbox {

Trimmer::Trimmer(TrimmerOptions options, db::Database& database, telemetry::Telemetry& telemetry)
    : options_(options),
      database_(database),
      trimmed_total_(telemetry.metrics.AddCounter("tally_outbox_trimmed_total",
                                                  "Events removed because of their age.")),
      oldest_age_(telemetry.metrics.AddGauge("tally_outbox_oldest_event_seconds",
                                             "Age of the oldest event in the outbox.")) {}

absl::StatusOr<bool> Trimmer::Sweep() {
  ASSIGN_OR_RETURN(const std::vector<std::string> lanes, ListRipeLanes());
  int64_t left = options_.rows_max;
  for (const std::string& lane_id : lanes) {
    ASSIGN_OR_RETURN(const int64_t removed, Trim(lane_id, left));
    trimmed_total_.Increment(static_cast<double>(removed));
    left -= removed;
    if (left <= 0) break;
  }
  return left < options_.rows_max;
}

absl::StatusOr<std::vector<std::string>> Trimmer::ListRipeLanes() {
  std::vector<std::string> lanes;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        ASSIGN_OR_RETURN(const auto oldest,
                         transaction.QueryOne<std::optional<int64_t>>(sql::kFindOldestEvent));
        const std::optional<int64_t> record_time =
            oldest.has_value() ? std::get<0>(*oldest) : std::nullopt;
        const absl::Duration age =
            record_time.has_value() ? now - absl::FromUnixMicros(*record_time) : absl::Duration();
        oldest_age_.Set(absl::ToDoubleSeconds(std::max(age, absl::ZeroDuration())));
        if (options_.retention == absl::ZeroDuration() || age <= options_.retention) {
          return absl::OkStatus();
        }
        return transaction.Query<std::string>(
            sql::kListRipeLanes,
            {{"cutoff", now - options_.retention}, {"lanes_max", options_.lanes_max}},
            [&](std::string lane_id) { lanes.push_back(std::move(lane_id)); });
      }));
  return lanes;
}

absl::StatusOr<int64_t> Trimmer::Trim(const std::string& lane_id, int64_t rows_max) {
  int64_t removed = 0;
  RETURN_IF_ERROR(database_.Run(
      db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(removed, TrimLocked(transaction, lane_id, rows_max));
        return absl::OkStatus();
      }));
  return removed;
}

absl::StatusOr<int64_t> Trimmer::TrimLocked(db::Transaction& transaction,
                                            const std::string& lane_id, int64_t rows_max) {
  ASSIGN_OR_RETURN(const auto cursor, (transaction.QueryOne<int64_t, int64_t>(
                                          sql::kLockCursorToTrim, {{"lane_id", lane_id}})));
  if (!cursor.has_value()) return 0;
  const auto& [published_through, trimmed_through] = *cursor;
  const int64_t first = trimmed_through + 1;
  int64_t last = std::min(published_through, trimmed_through + rows_max);
  if (last < first) return 0;
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  ASSIGN_OR_RETURN(const auto found,
                   (transaction.QueryOne<std::optional<int64_t>, std::optional<int64_t>>(
                       sql::kFindTrimmable, {{"lane_id", lane_id},
                                             {"first", first},
                                             {"last", last},
                                             {"cutoff", now - options_.retention}})));
  // A cursor above the last row is of a database that went back in time. Following it would hide
  // that from consumers: they compare what they covered with the lane's head.
  const auto& [keep, end] = *found;
  if (!end.has_value()) return 0;
  last = keep.has_value() ? *keep - 1 : *end;
  if (last < first) return 0;
  const db::Params range = {{"lane_id", lane_id}, {"first", first}, {"last", last}};
  ASSIGN_OR_RETURN(const int64_t removed, transaction.Execute(sql::kTrimEvents, range));
  RETURN_IF_ERROR(transaction.Execute(sql::kRaiseTrimmed, range).status());
  return removed;
}

absl::Time Trimmer::Deadline() { return database_.clock().Now() + options_.session_timeout; }

}  // namespace tally::outbox
