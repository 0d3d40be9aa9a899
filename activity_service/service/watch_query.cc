#include "activity_service/service/watch_query.h"

#include "activity_service/service/day_query.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"

namespace tally::activity {
namespace {

constexpr absl::Duration kIntervalMin = absl::Milliseconds(100);
constexpr absl::Duration kIntervalMax = absl::Seconds(60);

void ReadInterval(const google::protobuf::Duration& message, absl::Duration& interval,
                  base::Violations& violations) {
  interval = absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
  if (interval < kIntervalMin || interval > kIntervalMax) {
    violations.Add("min_interval", "must be absent or from 100 ms to 60 s");
  }
}

}  // namespace

absl::StatusOr<WatchQuery> ParseWatchQuery(const v1::WatchDailyActivityRequest& request) {
  base::Violations violations;
  WatchQuery query;
  query.zone = ReadZone(request.time_zone(), query.time_zone, violations);
  if (request.has_date()) query.date = ReadDay("date", request.date(), violations);
  if (request.has_min_interval()) {
    ReadInterval(request.min_interval(), query.min_interval, violations);
  }
  if (!violations.empty()) return rpc::BadRequest(violations);
  return query;
}

}  // namespace tally::activity
