#include "client/load/schedule.h"

namespace tally::client {

bool Schedule::Includes(int64_t n, absl::Duration elapsed) const {
  const absl::Duration at = plan_.rate > 0 ? DueAt(n) : elapsed;
  return Overall(n) < plan_.count && at < plan_.duration;
}

absl::Duration Schedule::DueAt(int64_t n) const {
  if (plan_.rate <= 0) return absl::ZeroDuration();
  return absl::Seconds(static_cast<double>(Overall(n)) / plan_.rate);
}

}  // namespace tally::client
