#include "client/load/load_plan.h"

#include <cmath>

#include "absl/flags/flag.h"
#include "client/flags.h"

namespace tally::client {

LoadPlan LoadPlan::FromFlags(const Settings& settings, base::Violations& problems) {
  LoadPlan plan{.server = settings.orders,
                .rate = absl::GetFlag(FLAGS_rate),
                .concurrency = absl::GetFlag(FLAGS_concurrency),
                .connections = absl::GetFlag(FLAGS_connections),
                .deadline = settings.deadline,
                .bulk = absl::GetFlag(FLAGS_bulk),
                .message_orders_max = absl::GetFlag(FLAGS_message_orders),
                .orders = {.seed = absl::GetFlag(FLAGS_seed),
                           .customers = absl::GetFlag(FLAGS_customers),
                           .lines = absl::GetFlag(FLAGS_lines)}};
  const int64_t count = absl::GetFlag(FLAGS_count);
  const absl::Duration duration = absl::GetFlag(FLAGS_duration);
  if (count > 0) plan.count = count;
  if (duration > absl::ZeroDuration()) plan.duration = duration;
  if (count < 0) problems.Add("--count", "must be 1 or more");
  if (duration < absl::ZeroDuration()) problems.Add("--duration", "must be above 0");
  if (count == 0 && duration == absl::ZeroDuration()) {
    problems.Add("--count",
                 "give --count or --duration, or both: the first that is reached counts");
  }
  if (!std::isfinite(plan.rate) || plan.rate < 0 || plan.rate > 1e6) {
    problems.Add("--rate", "must be 0 to 1000000");
  }
  if (plan.connections < 1 || plan.connections > 64) {
    problems.Add("--connections", "must be 1 to 64");
  }
  if (plan.concurrency < plan.connections || plan.concurrency > 10'000) {
    problems.Add("--concurrency", "must be at least --connections and at most 10000");
  }
  if (plan.message_orders_max < 1 || plan.message_orders_max > 100) {
    problems.Add("--message_orders", "must be 1 to 100");
  }
  if (plan.orders.customers < 1) problems.Add("--customers", "must be 1 or more");
  if (plan.orders.lines < 0 || plan.orders.lines > 1000) {
    problems.Add("--lines", "must be 0 to 1000");
  }
  return plan;
}

}  // namespace tally::client
