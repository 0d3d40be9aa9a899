#pragma once

#include <memory>

#include <grpcpp/channel.h>

#include "absl/time/time.h"
#include "common/config/host_port.h"

namespace tally::client {

// A channel with a connection of its own that is made again within a second after the server comes
// back. Does not block. No TLS, and no HTTP proxy from the environment: it talks to the address
// given.
std::shared_ptr<grpc::Channel> OpenChannel(const config::HostPort& server);

// A point of base::MonotonicNow() in gRPC's terms: deadlines do not move when the clock is set.
gpr_timespec ToGprTime(absl::Duration monotonic);

}  // namespace tally::client
