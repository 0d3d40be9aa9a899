#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/host_port.h"
#include "tests/chaos/disk.h"
#include "tests/chaos/shim.h"
#include "tests/e2e/service_process.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/tcp_gate.h"
#include "tests/testkit/temp_dir.h"

namespace tally::chaos {

// Everything that runs, on free ports and in temporary folders: both services, their database and
// the bus, with a gate in every connection between them, a shim in every process that takes one,
// and a small disk under the database. Belongs to the thread that starts it, like its processes.
class Site {
 public:
  struct Options {
    bool sqlite = false;     // One instance of each service, else two on one PostgreSQL.
    bool cluster = false;    // Three nats-servers with replicated streams, else one.
    int64_t disk_bytes = 0;  // 0: no disk of its own.
    std::string logs = {};   // A folder for what all processes wrote; empty: nowhere.
  };

  struct Service {
    std::string name;
    std::unique_ptr<Shim> shim;
    std::unique_ptr<testkit::TcpGate> database_gate;  // None on SQLite.
    std::vector<std::unique_ptr<testkit::TcpGate>> bus_gates;
    std::unique_ptr<e2e::ServiceProcess> process;
    bool down = false;  // On purpose: Tend leaves it.
  };
  struct Broker {
    std::unique_ptr<testkit::NatsServer> server;
    bool down = false;
  };

  // Returns when the services take calls.
  static absl::StatusOr<std::unique_ptr<Site>> Start(Options options);
  ~Site();

  // Starts again what has ended by itself, as any operator's supervisor would.
  absl::Status Tend();

  std::vector<Service>& orders() { return orders_; }
  std::vector<Service>& activity() { return activity_; }
  std::vector<Broker>& brokers() { return brokers_; }
  // Only with PostgreSQL.
  testkit::PostgresServer& postgres() { return *postgres_; }
  Shim& postgres_shim() { return *postgres_shim_; }
  bool& postgres_down() { return postgres_down_; }
  Disk& disk() { return *disk_; }

  const Options& options() const { return options_; }
  const std::string& orders_database() const { return orders_database_; }
  const std::string& activity_database() const { return activity_database_; }
  std::vector<config::HostPort> order_addresses() const;
  std::vector<config::HostPort> activity_addresses() const;

  // How often something ended by itself, and those of them that no fault explains: a signal that
  // nobody sent.
  int64_t restarts() const { return restarts_; }
  const std::vector<std::string>& crashes() const { return crashes_; }
  std::string Describe() const;

 private:
  explicit Site(Options options) : options_(std::move(options)) {}
  absl::Status Build();
  absl::Status StartBrokers();
  absl::Status StartDatabases();
  absl::Status AddService(const std::string& program, int number, std::vector<Service>& services);
  absl::Status Tend(Service& service);
  void KeepLog(const Service& service) const;
  void KeepPostgresLog() const;
  std::unique_ptr<Shim> NewShim(const std::string& name);

  const Options options_;
  testkit::TempDir dir_;
  std::unique_ptr<Disk> disk_;
  std::vector<std::unique_ptr<testkit::FreePort>> cluster_ports_;
  std::vector<Broker> brokers_;
  std::unique_ptr<Shim> postgres_shim_;
  std::unique_ptr<testkit::PostgresServer> postgres_;
  bool postgres_down_ = false;
  std::string orders_database_;
  std::string activity_database_;
  std::vector<Service> orders_;
  std::vector<Service> activity_;
  int64_t restarts_ = 0;
  std::vector<std::string> crashes_;
};

}  // namespace tally::chaos
