#include "tests/chaos/site.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace tally::chaos {
namespace {

constexpr int kInstances = 2;
constexpr int kClusterSize = 3;
constexpr int kSignalled = 128;
constexpr size_t kLivesKept = 3;

config::HostPort AddressOf(const Site::Service& service) {
  return {.host = "127.0.0.1", .port = service.process->port()};
}

std::vector<config::HostPort> AddressesOf(const std::vector<Site::Service>& services) {
  std::vector<config::HostPort> addresses;
  for (const Site::Service& service : services) addresses.push_back(AddressOf(service));
  return addresses;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Site>> Site::Start(Options options) {
  std::unique_ptr<Site> site(new Site(std::move(options)));
  RETURN_IF_ERROR(site->Build());
  return site;
}

// Servers run as their own users and must reach their files.
absl::Status Site::Build() {
  chmod(dir_.path().c_str(), 0755);
  std::filesystem::copy(TALLY_FAULT_SHIM_LIBRARY, dir_.File("fault_shim.so"));
  chmod(dir_.File("fault_shim.so").c_str(), 0755);
  if (options_.disk_bytes > 0) {
    ASSIGN_OR_RETURN(disk_, Disk::Mount(dir_.File("disk"), options_.disk_bytes));
  }
  RETURN_IF_ERROR(StartBrokers());
  RETURN_IF_ERROR(StartDatabases());
  for (int i = 0; i < (options_.sqlite ? 1 : kInstances); ++i) {
    RETURN_IF_ERROR(AddService("order_service", i, orders_));
    RETURN_IF_ERROR(AddService("activity_service", i, activity_));
  }
  for (const auto* services : {&orders_, &activity_}) {
    for (const Service& service : *services) RETURN_IF_ERROR(service.process->AwaitReady());
  }
  return absl::OkStatus();
}

Site::~Site() {
  for (const auto* services : {&orders_, &activity_}) {
    for (const Service& service : *services) KeepLog(service);
  }
  KeepPostgresLog();
}

std::unique_ptr<Shim> Site::NewShim(const std::string& name) {
  return std::make_unique<Shim>(dir_.File("fault_shim.so"), dir_.File(name + ".shim"));
}

absl::Status Site::StartBrokers() {
  const int count = options_.cluster ? kClusterSize : 1;
  std::vector<std::string> routes;
  for (int i = 0; i < count; ++i) {
    cluster_ports_.push_back(std::make_unique<testkit::FreePort>());
    routes.push_back(absl::StrCat("\"nats://127.0.0.1:", cluster_ports_.back()->port(), "\""));
  }
  for (int i = 0; i < count; ++i) {
    std::string config;
    if (options_.cluster) {
      // What a server tells clients of the others would lead them past the gates.
      config = absl::StrCat("server_name: n", i, "\ncluster { name: chaos, no_advertise: true,",
                            " listen: \"127.0.0.1:", cluster_ports_[static_cast<size_t>(i)]->port(),
                            "\", routes: [", absl::StrJoin(routes, ", "), "] }");
    }
    ASSIGN_OR_RETURN(auto server, testkit::NatsServer::Start(config));
    brokers_.push_back({.server = std::move(server)});
  }
  return absl::OkStatus();
}

absl::Status Site::StartDatabases() {
  const std::string folder = disk_ == nullptr ? dir_.path() : disk_->path();
  if (options_.sqlite) {
    orders_database_ = absl::StrCat("sqlite:", folder, "/orders.db");
    activity_database_ = absl::StrCat("sqlite:", folder, "/activity.db");
    return absl::OkStatus();
  }
  postgres_shim_ = NewShim("postgresql");
  ASSIGN_OR_RETURN(postgres_, testkit::PostgresServer::Start(
                                  {.fsync = true,
                                   .settings = {"max_wal_size=64MB", "min_wal_size=32MB"},
                                   .env = postgres_shim_->Environment(),
                                   .folder = folder}));
  ASSIGN_OR_RETURN(orders_database_, postgres_->CreateDatabase());
  ASSIGN_OR_RETURN(activity_database_, postgres_->CreateDatabase());
  return absl::OkStatus();
}

absl::Status Site::AddService(const std::string& program, int number,
                              std::vector<Service>& services) {
  Service service;
  service.name = absl::StrCat(program, "-", number);
  std::string database = &services == &orders_ ? orders_database_ : activity_database_;
  if (!options_.sqlite) {
    service.database_gate = std::make_unique<testkit::TcpGate>(postgres_->port());
    database = service.database_gate->Through(database);
  }
  std::vector<std::string> bus;
  for (const Broker& broker : brokers_) {
    service.bus_gates.push_back(std::make_unique<testkit::TcpGate>(broker.server->port()));
    bus.push_back(service.bus_gates.back()->Through(broker.server->url()));
  }
  service.shim = NewShim(service.name);
  service.process = std::make_unique<e2e::ServiceProcess>(
      e2e::ServiceProcess::Spec{.program = program,
                                .flags = {absl::StrCat("--database=", database),
                                          absl::StrCat("--nats=", absl::StrJoin(bus, ",")),
                                          absl::StrCat("--stream_replicas=", brokers_.size()),
                                          absl::StrCat("--instance=", service.name)},
                                .env = service.shim->Environment(),
                                .lives_kept = kLivesKept});
  RETURN_IF_ERROR(service.process->Launch());
  services.push_back(std::move(service));
  return absl::OkStatus();
}

absl::Status Site::Tend() {
  for (Broker& broker : brokers_) {
    if (broker.down || broker.server->Running()) continue;
    crashes_.push_back("nats-server ended by itself");
    RETURN_IF_ERROR(broker.server->Restart());
  }
  if (postgres_ != nullptr && !postgres_down_ && !postgres_->Running()) {
    std::cout << "  PostgreSQL ended by itself" << std::endl;
    KeepPostgresLog();
    ++restarts_;
    RETURN_IF_ERROR(postgres_->Restart());
  }
  for (auto* services : {&orders_, &activity_}) {
    for (Service& service : *services) RETURN_IF_ERROR(Tend(service));
  }
  return absl::OkStatus();
}

absl::Status Site::Tend(Service& service) {
  if (service.down || service.process->Running()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int code, service.process->ExitCode());
  std::cout << "  " << service.name << " ended by itself, exit code " << code << "\n";
  if (code > kSignalled) crashes_.push_back(service.process->Describe());
  ++restarts_;
  KeepLog(service);
  return service.process->Launch();
}

void Site::KeepLog(const Service& service) const {
  if (options_.logs.empty()) return;
  std::ofstream(absl::StrCat(options_.logs, "/", service.name, ".log")) << service.process->Log();
}

void Site::KeepPostgresLog() const {
  if (options_.logs.empty() || postgres_ == nullptr) return;
  std::ofstream(absl::StrCat(options_.logs, "/postgresql.log"), std::ios::app) << postgres_->Log();
}

std::vector<config::HostPort> Site::order_addresses() const { return AddressesOf(orders_); }
std::vector<config::HostPort> Site::activity_addresses() const { return AddressesOf(activity_); }

std::string Site::Describe() const {
  std::string text;
  for (const auto* services : {&orders_, &activity_}) {
    for (const Service& service : *services) absl::StrAppend(&text, service.process->Describe());
  }
  return text;
}

}  // namespace tally::chaos
