#include "client/calls/call_until.h"

#include <algorithm>
#include <cstdio>

#include "absl/random/random.h"
#include "client/calls/failure.h"
#include "client/calls/retry_policy.h"
#include "common/base/monotonic.h"
#include "common/base/wake_up.h"

namespace tally::client {

grpc::Status CallUntil(absl::Duration deadline, const Peer& server,
                       const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  const absl::Duration end = base::MonotonicNow() + deadline;
  absl::BitGen random;
  base::WakeUp pause;
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(ToGprTime(std::min(end, base::MonotonicNow() + kAttemptTimeMax)));
    const grpc::Status status = call(context);
    if (status.ok() || !MayBeRetried(status)) return status;
    const absl::Duration delay = RetryDelay(status, attempt, absl::Uniform(random, 0.0, 1.0));
    if (base::MonotonicNow() + delay >= end) return status;
    if (attempt == 3) {
      std::fprintf(stderr, "tally: %s: %s; trying for %s\n", server.address.ToString().c_str(),
                   DescribeBriefly(status).c_str(), absl::FormatDuration(deadline).c_str());
    }
    pause.WaitFor(delay);
  }
}

}  // namespace tally::client
