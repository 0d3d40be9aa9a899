#include "tests/e2e/system.h"

#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "gtest/gtest.h"
#include "tests/testkit/postgres_server.h"

namespace tally::e2e {

absl::StatusOr<std::unique_ptr<System>> System::Start(Options options) {
  std::unique_ptr<System> system(new System);
  ASSIGN_OR_RETURN(system->nats_, testkit::NatsServer::Start());
  if (!options.nats_runs) {
    system->nats_->Kill();
    RETURN_IF_ERROR(system->nats_->WipeStore());
  }
  system->orders_database_ = options.orders_database;
  if (system->orders_database_.empty()) {
    ASSIGN_OR_RETURN(system->orders_database_, options.database.MakeUrl());
  }
  ASSIGN_OR_RETURN(system->activity_database_, options.database.MakeUrl());
  if (options.gates) {
    ASSIGN_OR_RETURN(testkit::PostgresServer* const server, testkit::PostgresServer::Shared());
    system->orders_gate_ = std::make_unique<testkit::TcpGate>(server->port());
    system->activity_gate_ = std::make_unique<testkit::TcpGate>(server->port());
  }
  if (options.tls) RETURN_IF_ERROR(system->Encrypt(options));
  if (options.jwt) system->AskForTokens(options);
  ASSIGN_OR_RETURN(
      system->orders_,
      system->LaunchServices("order_service", options.order_services, system->orders_database_,
                             system->orders_gate_.get(), options.order_flags));
  ASSIGN_OR_RETURN(system->activity_,
                   system->LaunchServices("activity_service", options.activity_services,
                                          system->activity_database_, system->activity_gate_.get(),
                                          options.activity_flags));
  for (const Services* services : {&system->orders_, &system->activity_}) {
    for (const auto& service : *services) RETURN_IF_ERROR(service->AwaitReady());
  }
  return system;
}

absl::Status System::Encrypt(Options& options) {
  ASSIGN_OR_RETURN(certificates_, testkit::Certificates::Make());
  ASSIGN_OR_RETURN(const auto services, certificates_->Issue("services"));
  ASSIGN_OR_RETURN(const auto caller, certificates_->Issue("caller"));
  tls_ = {.certificates = caller.certificate, .key = caller.key, .ca = certificates_->ca()};
  for (std::vector<std::string>* flags : {&options.order_flags, &options.activity_flags}) {
    flags->push_back(absl::StrCat("--tls_cert=", services.certificate));
    flags->push_back(absl::StrCat("--tls_key=", services.key));
    flags->push_back(absl::StrCat("--tls_client_ca=", certificates_->ca()));
  }
  return absl::OkStatus();
}

void System::AskForTokens(Options& options) {
  issuer_ = std::make_unique<testkit::TokenIssuer>();
  token_file_ = token_dir_.File("token");
  std::ofstream(token_file_) << issuer_->Issue(
      "tester",
      "orders.read orders.write orders.import activity.read ops.read ops.write privacy.erase");
  const config::JwtSettings& settings = issuer_->settings();
  for (std::vector<std::string>* flags : {&options.order_flags, &options.activity_flags}) {
    flags->push_back(absl::StrCat("--jwt_keys=", settings.keys));
    flags->push_back(absl::StrCat("--jwt_issuer=", settings.issuer));
    flags->push_back(absl::StrCat("--jwt_audience=", settings.audience));
  }
}

absl::StatusOr<System::Services> System::LaunchServices(
    const std::string& program, int instances, const std::string& database, testkit::TcpGate* gate,
    const std::vector<std::string>& flags) const {
  Services services;
  for (int i = 0; i < instances; ++i) {
    const std::string url = gate != nullptr && i == 0 ? gate->Through(database) : database;
    ServiceProcess::Spec spec{
        .program = program,
        .flags = {absl::StrCat("--database=", url), absl::StrCat("--nats=", nats_->url()),
                  absl::StrCat("--instance=", program, "-", i)}};
    spec.flags.insert(spec.flags.end(), flags.begin(), flags.end());
    services.push_back(std::make_unique<ServiceProcess>(std::move(spec)));
    RETURN_IF_ERROR(services.back()->Launch());
  }
  return services;
}

System::~System() {
  if (!testing::Test::HasFailure()) return;
  for (const auto& service : orders_) std::cerr << service->Describe();
  for (const auto& service : activity_) std::cerr << service->Describe();
}

}  // namespace tally::e2e
