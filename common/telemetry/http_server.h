#pragma once

#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "common/config/host_port.h"
#include "common/telemetry/process_metrics.h"
#include "common/telemetry/telemetry.h"

namespace httplib {
class Server;
}

namespace tally::telemetry {

// What operators and their tools ask over HTTP, apart from the service's own port: GET /metrics
// (Prometheus text), /livez and /readyz (200 "ok", or 503 with the first failing check). Anything
// else is 404. A few threads of its own; a client that stalls is cut off after two seconds. No
// authentication: keep the address private.
class HttpServer {
 public:
  // Binds and serves until destroyed. Port 0 takes a free one. UNAVAILABLE if the address cannot be
  // bound. `telemetry` must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const config::HostPort& listen,
                                                           Telemetry& telemetry);
  ~HttpServer();

  // With the real port.
  const config::HostPort& address() const { return address_; }

 private:
  explicit HttpServer(Telemetry& telemetry);
  void AddRoutes();

  Telemetry& telemetry_;
  ProcessMetrics process_metrics_;
  std::unique_ptr<httplib::Server> server_;
  config::HostPort address_;
  std::thread thread_;
};

}  // namespace tally::telemetry
