#pragma once

#include <functional>

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "absl/time/time.h"
#include "client/calls/channel.h"

namespace tally::client {

// Makes one call again and again (see retry_policy.h) until it succeeds, is refused, or `deadline`
// has passed since the beginning; returns the last status. Blocks. Says once on stderr that
// `server` is being waited for.
grpc::Status CallUntil(absl::Duration deadline, const Peer& server,
                       const std::function<grpc::Status(grpc::ClientContext&)>& call);

}  // namespace tally::client
