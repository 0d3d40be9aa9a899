#include "activity_service/service/watch.h"

#include <algorithm>
#include <utility>

#include "common/base/civil_day.h"

namespace tally::activity {
namespace {

using Response = v1::WatchDailyActivityResponse;

Day DayOf(const WatchQuery& query, absl::CivilDay date) {
  return {date, query.time_zone, base::DayBounds(date, query.zone)};
}

}  // namespace

Watch::Watch(WatchQuery query, absl::Duration heartbeat, absl::Time today)
    : query_(std::move(query)),
      heartbeat_(heartbeat),
      day_(DayOf(query_, query_.date.value_or(base::Today(today, query_.zone)))) {}

bool Watch::IsOver(absl::Time read_at) const {
  return !query_.date.has_value() && read_at >= day_.bounds.end;
}

void Watch::MoveOn(absl::Time read_at, int64_t version) {
  const bool all_sent = sent_version_ == 0 || sent_version_ == version;
  if (!IsOver(read_at) || !all_sent) return;
  day_ = DayOf(query_, base::Today(read_at, query_.zone));
  sent_version_ = 0;
}

Watch::Kind Watch::Due(absl::Time now, absl::Time read_at, int64_t version) const {
  if (now < NextDue(read_at, version)) return kNothing;
  if (!HasChanged(version)) return Response::KIND_HEARTBEAT;
  if (sent_version_ == 0) return Response::KIND_SNAPSHOT;
  const bool rested = now >= last_day_sent_ + query_.min_interval;
  return rested || IsOver(read_at) ? Response::KIND_CHANGE : Response::KIND_HEARTBEAT;
}

absl::Time Watch::NextDue(absl::Time read_at, int64_t version) const {
  const absl::Time heartbeat = HasBegun() ? last_sent_ + heartbeat_ : absl::InfiniteFuture();
  if (!HasChanged(version)) return heartbeat;
  if (sent_version_ == 0 || IsOver(read_at)) return absl::InfinitePast();
  return std::min(heartbeat, last_day_sent_ + query_.min_interval);
}

void Watch::Sent(Kind kind, int64_t version, absl::Time now) {
  last_sent_ = now;
  if (kind == Response::KIND_HEARTBEAT) return;
  last_day_sent_ = now;
  sent_version_ = version;
}

}  // namespace tally::activity
