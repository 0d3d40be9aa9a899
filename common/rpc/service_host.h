#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/violations.h"
#include "common/config/command_line.h"
#include "common/config/service_settings.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/server.h"
#include "common/rpc/shutdown_signals.h"
#include "common/telemetry/http_server.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

// What every service's main has in common: settings, telemetry, the HTTP server, signals, the gRPC
// server and an end in bounded time. The service itself is put together in a function that reads
// from top to bottom:
//
//   absl::Status Run(rpc::ServiceHost& host) {
//     const OwnSettings own = ReadOwnSettings(host.settings(), host.problems());
//     RETURN_IF_ERROR(host.CheckSettings());
//     ASSIGN_OR_RETURN(auto database, db::Database::Open(…));
//     …roles, each made after what it uses…
//     RETURN_IF_ERROR(host.Serve({service}));
//     queue.Close();  // what must happen in an order of its own
//     return absl::OkStatus();
//   }  // roles stop in reverse order
//
//   int main(int argc, char** argv) { return rpc::RunService(argc, argv, {.name = "order_service",
//   …}, Run); }
//
// SIGTERM or SIGINT: Serve() refuses new calls, lets those under way finish for --drain_timeout,
// and returns. If Run has not returned 10 seconds later, or at a second signal, the process ends by
// force with exit code 3: everything here is made to survive that. Exit codes: 0 stopped as asked,
// 1 could not start, 2 wrong settings.
class ServiceHost {
 public:
  ServiceHost(const config::Program& program, config::ServiceSettings settings,
              base::Violations problems);
  ~ServiceHost();

  const config::ServiceSettings& settings() const { return settings_; }
  telemetry::Telemetry& telemetry() { return telemetry_; }
  base::Clock& clock() { return clock_; }

  // Add what is wrong with the service's own settings.
  base::Violations& problems() { return problems_; }

  // Prints all problems on stderr if there are any: INVALID_ARGUMENT then. Otherwise starts the
  // HTTP server, so that operators see the process while it starts.
  absl::Status CheckSettings();

  // Serves until asked to stop. Prints `ready HOST:PORT` on stdout when calls are taken. Not OK if
  // it could not begin.
  absl::Status Serve(const std::vector<ServedService>& services);

 private:
  void EndByForceAfter(absl::Duration grace);

  const config::Program program_;
  const config::ServiceSettings settings_;
  base::Violations problems_;
  base::SystemClock clock_;
  std::atomic<bool> serving_ = false;
  telemetry::Telemetry telemetry_;
  GrpcLog grpc_log_{telemetry_.log};
  ShutdownSignals signals_;
  std::unique_ptr<telemetry::HttpServer> http_;
  std::thread force_end_;
};

// The main of a service; returns its exit code.
int RunService(int argc, char** argv, const config::Program& program,
               const std::function<absl::Status(ServiceHost&)>& run);

}  // namespace tally::rpc
