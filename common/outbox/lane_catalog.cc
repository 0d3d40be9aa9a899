#include "common/outbox/lane_catalog.h"

#include <limits>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/outbox/catalog_sql.h"

namespace tally::outbox {
namespace {

std::optional<absl::Time> ToTime(const std::optional<int64_t>& micros) {
  if (!micros.has_value()) return std::nullopt;
  return absl::FromUnixMicros(*micros);
}

}  // namespace

absl::StatusOr<std::vector<LaneRecord>> LaneCatalog::List(const Filter& filter,
                                                          const std::optional<Position>& after,
                                                          int64_t lanes_max, absl::Time deadline) {
  const db::Params params = {{"after_time", after ? absl::ToUnixMicros(after->opened)
                                                  : std::numeric_limits<int64_t>::max()},
                             {"after_lane", after ? after->lane_id : base::kMaxUuid},
                             {"state", !filter.open   ? ""
                                       : *filter.open ? "open"
                                                      : "closed"},
                             {"unpublished_only", filter.unpublished_only ? 1 : 0},
                             {"lanes_max", lanes_max}};
  const bool held_only = filter.unpublished_only || filter.open.value_or(false);
  return Read(held_only ? sql::kListHeldLanes : sql::kListLanes, params, deadline);
}

absl::StatusOr<std::vector<LaneRecord>> LaneCatalog::ListById(const std::string& after,
                                                              const std::string& through,
                                                              int64_t lanes_max,
                                                              absl::Time deadline) {
  return Read(sql::kListLanesById,
              {{"after_lane", after.empty() ? base::kNilUuid : after},
               {"through_lane", through.empty() ? base::kMaxUuid : through},
               {"lanes_max", lanes_max}},
              deadline);
}

absl::StatusOr<std::vector<LaneRecord>> LaneCatalog::Read(const db::Statement& statement,
                                                          const db::Params& params,
                                                          absl::Time deadline) {
  using Text = std::string;
  using MaybeInt = std::optional<int64_t>;
  std::vector<LaneRecord> lanes;
  const auto add = [&](Text lane_id, const Text& state, Text stream, int64_t head,
                       int64_t published_through, int64_t trimmed_through, Text opened_by,
                       int64_t opened_at, MaybeInt closed_at, std::optional<Text> holder,
                       MaybeInt expires_at, int64_t parked, int64_t discarded) {
    lanes.push_back({.lane_id = std::move(lane_id),
                     .open = state == "open",
                     .stream = std::move(stream),
                     .head = head,
                     .published_through = published_through,
                     .trimmed_through = trimmed_through,
                     .opened_by = std::move(opened_by),
                     .opened = absl::FromUnixMicros(opened_at),
                     .closed = ToTime(closed_at),
                     .lease_holder = std::move(holder).value_or(""),
                     .lease_end = ToTime(expires_at),
                     .parked_events = parked,
                     .void_events = discarded});
  };
  RETURN_IF_ERROR(database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
    return transaction.Query<Text, Text, Text, int64_t, int64_t, int64_t, Text, int64_t, MaybeInt,
                             std::optional<Text>, MaybeInt, int64_t, int64_t>(statement, params,
                                                                              add);
  }));
  return lanes;
}

absl::StatusOr<OutboxSummary> LaneCatalog::Summarize(absl::Time deadline) {
  using MaybeInt = std::optional<int64_t>;
  OutboxSummary summary;
  const auto take_lanes = [&](int64_t open, int64_t draining, int64_t unpublished, MaybeInt oldest,
                              int64_t deserted, MaybeInt deserted_since) {
    summary.open_lanes = open;
    summary.draining_lanes = draining;
    summary.unpublished_events = unpublished;
    summary.oldest_unpublished = ToTime(oldest);
    summary.deserted_lanes = deserted;
    summary.deserted_since = ToTime(deserted_since);
  };
  const auto take_parked = [&](int64_t parked, MaybeInt oldest, int64_t discarded) {
    summary.parked_events = parked;
    summary.oldest_parked = ToTime(oldest);
    summary.void_events = discarded;
  };
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(summary.now, transaction.Now());
        RETURN_IF_ERROR((transaction.Query<int64_t, int64_t, int64_t, MaybeInt, int64_t, MaybeInt>(
            sql::kSummarizeLanes, {{"now", summary.now}}, take_lanes)));
        return transaction.Query<int64_t, MaybeInt, int64_t>(sql::kSummarizeParked, {},
                                                             take_parked);
      }));
  return summary;
}

}  // namespace tally::outbox
