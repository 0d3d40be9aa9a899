#pragma once

#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "absl/time/time.h"
#include "client/calls/token_file.h"
#include "common/config/host_port.h"
#include "common/rpc/tls.h"

namespace tally::client {

// A server, and how it is spoken to.
struct Peer {
  config::HostPort address;
  rpc::TlsContent tls = {};  // without a CA: plain text
  std::string name = {};     // that its certificate must show; empty: the address' host
  std::shared_ptr<TokenFile> token = {};  // sent with each call; null: none
};

// A channel with a connection of its own that is made again within a second after the server comes
// back. Does not block. No HTTP proxy from the environment: it talks to the address given.
std::shared_ptr<grpc::Channel> OpenChannel(const Peer& server);

// A point of base::MonotonicNow() in gRPC's terms: deadlines do not move when the clock is set.
gpr_timespec ToGprTime(absl::Duration monotonic);

}  // namespace tally::client
