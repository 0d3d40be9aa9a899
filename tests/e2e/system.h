#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/tls_files.h"
#include "tests/e2e/service_process.h"
#include "tests/testkit/certificates.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/tcp_gate.h"
#include "tests/testkit/temp_dir.h"
#include "tests/testkit/token_issuer.h"

namespace tally::e2e {

// nats-server, order_services and activity_services as real processes, put together as an operator
// would. All instances of a service share one database; SQLite serves one instance. A test may
// kill, stop and start any part at any time; addresses and data stay. When the test has failed, the
// end of every log is printed. Not thread-safe.
class System {
 public:
  struct Options {
    testkit::DatabaseKind database = testkit::SqliteKind();
    int order_services = 1;
    int activity_services = 1;
    // Between the first instance of each service and its database stands a gate. PostgreSQL only.
    bool gates = false;
    // More flags of every order_service, activity_service.
    std::vector<std::string> order_flags = {};
    std::vector<std::string> activity_flags = {};
    bool nats_runs = true;  // False: the bus has never run yet; nats().Restart() starts it.
    std::string orders_database = {};  // Empty: a new one of that kind.
    bool tls = false;                  // Calls are encrypted; callers must show a certificate.
    bool jwt = false;                  // Callers must show a token.
  };

  // Starts all instances together; returns when all take calls.
  static absl::StatusOr<std::unique_ptr<System>> Start(Options options);
  static absl::StatusOr<std::unique_ptr<System>> Start() { return Start(Options()); }
  ~System();

  testkit::NatsServer& nats() { return *nats_; }
  ServiceProcess& orders(size_t instance = 0) { return *orders_[instance]; }
  ServiceProcess& activity(size_t instance = 0) { return *activity_[instance]; }
  const ServiceProcess& orders(size_t instance = 0) const { return *orders_[instance]; }
  const ServiceProcess& activity(size_t instance = 0) const { return *activity_[instance]; }

  // Only with Options::gates.
  testkit::TcpGate& orders_gate() { return *orders_gate_; }
  testkit::TcpGate& activity_gate() { return *activity_gate_; }

  // A caller's; none without Options::tls.
  const config::TlsFiles& tls() const { return tls_; }

  // Of the tokens, and a file with one that allows everything; null and empty without Options::jwt.
  const testkit::TokenIssuer* issuer() const { return issuer_.get(); }
  const std::string& token_file() const { return token_file_; }

  const std::string& orders_database() const { return orders_database_; }
  const std::string& activity_database() const { return activity_database_; }

 private:
  using Services = std::vector<std::unique_ptr<ServiceProcess>>;

  System() = default;
  absl::Status Encrypt(Options& options);
  void AskForTokens(Options& options);
  absl::StatusOr<Services> LaunchServices(const std::string& program, int instances,
                                          const std::string& database, testkit::TcpGate* gate,
                                          const std::vector<std::string>& flags) const;

  std::unique_ptr<testkit::NatsServer> nats_;
  std::unique_ptr<testkit::Certificates> certificates_;
  config::TlsFiles tls_;
  std::unique_ptr<testkit::TokenIssuer> issuer_;
  testkit::TempDir token_dir_;
  std::string token_file_;
  std::unique_ptr<testkit::TcpGate> orders_gate_;
  std::unique_ptr<testkit::TcpGate> activity_gate_;
  std::string orders_database_;
  std::string activity_database_;
  Services orders_;    // --instance=order_service-0, -1, …
  Services activity_;  // --instance=activity_service-0, -1, …
};

}  // namespace tally::e2e
