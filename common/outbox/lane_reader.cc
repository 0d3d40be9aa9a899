#include "common/outbox/lane_reader.h"

#include <utility>

#include "common/base/uuid.h"
#include "common/outbox/healing_sql.h"

namespace tally::outbox {

absl::StatusOr<std::vector<LaneStatus>> LaneReader::List(Scope scope, const std::string& after,
                                                         int64_t lanes_max, absl::Time deadline) {
  std::vector<LaneStatus> lanes;
  const auto take = [&](std::string lane_id, const std::string& state, int64_t head,
                        int64_t published_through, int64_t trimmed_through) {
    lanes.push_back({.lane_id = std::move(lane_id),
                     .open = state == "open",
                     .head = head,
                     .published_through = published_through,
                     .trimmed_through = trimmed_through});
  };
  const absl::Status status =
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
        return transaction.Query<std::string, std::string, int64_t, int64_t, int64_t>(
            sql::kListExtents,
            {{"after", after.empty() ? base::kNilUuid : after},
             {"every_lane", scope == Scope::kAll ? 1 : 0},
             {"lanes_max", lanes_max}},
            take);
      });
  if (!status.ok()) return status;
  return lanes;
}

absl::StatusOr<std::vector<ParkedMark>> LaneReader::ListParked(const std::string& lane_id,
                                                               base::SequenceRange range,
                                                               int64_t rows_max,
                                                               absl::Time deadline) {
  std::vector<ParkedMark> marks;
  const auto take = [&](int64_t sequence, const std::string& state, std::string reason) {
    marks.push_back(
        {.sequence = sequence, .is_void = state == "void", .reason = std::move(reason)});
  };
  const absl::Status status =
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
        return transaction.Query<int64_t, std::string, std::string>(sql::kListParkedIn,
                                                                    {{"lane_id", lane_id},
                                                                     {"first", range.first},
                                                                     {"last", range.last},
                                                                     {"rows_max", rows_max}},
                                                                    take);
      });
  if (!status.ok()) return status;
  return marks;
}

}  // namespace tally::outbox
