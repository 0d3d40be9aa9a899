#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/wake_up.h"
#include "common/config/host_port.h"
#include "common/config/jwt_settings.h"
#include "common/config/tls_files.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/health_service.h"
#include "common/rpc/server_certificates.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

struct ServerOptions {
  config::HostPort listen = {"127.0.0.1", 0};  // port 0 takes a free one
  config::TlsFiles tls = {};                   // none: not encrypted; see server_certificates.h
  config::JwtSettings jwt = {};                // no keys: nobody is asked who they are
  int receive_bytes_max = 4 << 20;             // one message; larger: RESOURCE_EXHAUSTED
  int64_t memory_bytes_max = 128 << 20;        // of gRPC's buffers for all connections together
};

// A service that has an endpoint().
struct ServedService {
  // `end` is called once when the server begins to shut down, before it waits for the calls under
  // way: tells streams, which may be open for ever, to end, also those that still begin. Must not
  // block.
  template <typename Service>
  ServedService(
      Service& served, std::function<void()> end = [] {})
      : service(&served), endpoint(&served.endpoint()), end_streams(std::move(end)) {}

  grpc::Service* service;
  Endpoint* endpoint;
  std::function<void()> end_streams;
};

// The gRPC server of a process: the given services, the standard health service and reflection on
// one address.
//
// States: serving from Start() on → Shutdown(): health says NOT_SERVING, streams are told to end →
// they have ended, or half of the time is over: new calls are refused, those under way finish or
// are cancelled when the time is over.
//
// Certificates and keys of tokens are followed as their files change: see ServerCertificates and
// JwtAuthenticator. Health and reflection, which tell no more than these protos do, need no token.
//
// Without certificates and tokens whoever reaches the address may call everything, so the default
// address is loopback. gRPC 1.51 has no limit on the number of connections and stops accepting for
// ever when file descriptors run out: RaiseFileLimit() first, and put a proxy with a connection
// limit in front of a port that others can reach.
class Server {
 public:
  // UNAVAILABLE if the address cannot be bound; a port that another process listens on is never
  // shared. INVALID_ARGUMENT if the certificates or keys are wrong. Services and telemetry must
  // outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<ServedService>& services,
                                                       telemetry::Telemetry& telemetry);
  ~Server();  // Shutdown(absl::ZeroDuration())

  // With the real port.
  const config::HostPort& address() const { return address_; }

  // Blocks until all calls have ended: at most `drain`, and then as long as handlers take to end
  // calls that were cancelled. Later calls do nothing.
  void Shutdown(absl::Duration drain);

 private:
  Server(std::vector<ServedService> services, std::unique_ptr<HealthService> health);

  // gRPC closes a connection with its last call. Where a client is still writing into a stream it
  // then loses the stream's end: whoever closes with bytes unread resets the connection.
  void WaitForStreams(absl::Time deadline);

  // gRPC itself would wait for idle connections too, and some clients look at theirs only every 5
  // s.
  void DisconnectWhenIdle(base::WakeUp& done);

  const std::vector<ServedService> services_;
  std::vector<telemetry::Gauge*> in_flight_;          // of all methods of the services
  std::vector<telemetry::Gauge*> streams_in_flight_;  // of those that stream
  std::unique_ptr<HealthService> health_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<ServerCertificates> certificates_;  // null: plain text
  std::unique_ptr<grpc::Server> server_;
  config::HostPort address_;
  bool shut_down_ = false;
};

// Raises this process' limit of open files to the highest allowed value and returns it. Call at the
// start of main.
int64_t RaiseFileLimit();

}  // namespace tally::rpc
