#include "common/ops/alarm.h"

#include <string>

#include "common/rpc/google_types.h"

namespace tally::ops {

void Raise(absl::string_view name, absl::string_view detail, absl::Time since, Alarms& alarms) {
  v1::Alarm& alarm = *alarms.Add();
  alarm.set_name(std::string(name));
  alarm.set_detail(std::string(detail));
  if (since != absl::InfiniteFuture() && since != absl::InfinitePast()) {
    rpc::ToMessage(since, *alarm.mutable_start_time());
  }
}

}  // namespace tally::ops
