#pragma once

#include <grpcpp/support/status.h>

#include "absl/time/time.h"

namespace tally::client {

// Every request that changes something carries a request_id, so a call whose outcome is not known
// is simply made again. Pure functions.

// No attempt waits longer for its answer, so that a request survives a connection that died without
// a word. Above what a loaded service needs.
inline constexpr absl::Duration kAttemptTimeMax = absl::Seconds(5);

// Whether the same call may succeed later: the service is away, full, restarting or slow, or the
// connection broke. A refusal for its content never.
bool MayBeRetried(const grpc::Status& status);

// How long to wait after failed attempt `attempt` (1, 2, …): 50 ms doubling up to 1 s, at least
// what the service asked for, and up to a quarter more or less as `uniform01` in [0, 1) says, so
// that calls that failed together do not come back together.
absl::Duration RetryDelay(const grpc::Status& status, int attempt, double uniform01);

}  // namespace tally::client
