#include "client/calls/retry_policy.h"

#include <algorithm>

#include "common/base/backoff.h"
#include "common/rpc/error_details.h"

namespace tally::client {
namespace {

constexpr double kJitter = 0.25;

}  // namespace

bool MayBeRetried(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:  // Never by us: the server or a proxy is going away.
    case grpc::StatusCode::ABORTED:
      return true;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      // Without a delay it is not the queue: the message is too large, and will stay so.
      return rpc::DetailsOf(status).retry_delay.has_value();
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      // With a reason it is the service's own answer; without one, a connection that broke midway.
      return rpc::DetailsOf(status).reason.empty();
    default:
      return false;
  }
}

absl::Duration RetryDelay(const grpc::Status& status, int attempt, double uniform01) {
  const base::BackoffPolicy policy{
      .initial = absl::Milliseconds(50), .max = absl::Seconds(1), .jitter = kJitter};
  const absl::Duration own = base::Delay(policy, attempt, uniform01);
  const absl::Duration asked = rpc::DetailsOf(status).retry_delay.value_or(absl::ZeroDuration());
  return std::max(own, asked * (1 + kJitter * uniform01));
}

}  // namespace tally::client
