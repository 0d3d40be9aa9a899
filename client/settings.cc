#include "client/settings.h"

#include "absl/flags/flag.h"
#include "client/flags.h"

namespace tally::client {

Settings ReadSettings(base::Violations& problems) {
  Settings settings{.orders = absl::GetFlag(FLAGS_orders),
                    .activity = absl::GetFlag(FLAGS_activity),
                    .json = absl::GetFlag(FLAGS_json),
                    .deadline = absl::GetFlag(FLAGS_deadline)};
  if (settings.orders.port == 0) problems.Add("--orders", "needs a port");
  if (settings.activity.port == 0) problems.Add("--activity", "needs a port");
  if (settings.deadline <= absl::ZeroDuration() || settings.deadline > absl::Hours(24)) {
    problems.Add("--deadline", "must be above 0 and at most 24h");
  }
  return settings;
}

}  // namespace tally::client
