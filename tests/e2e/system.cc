#include "tests/e2e/system.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "gtest/gtest.h"

namespace tally::e2e {

absl::StatusOr<std::unique_ptr<System>> System::Start(Options options) {
  std::unique_ptr<System> system(new System);
  ASSIGN_OR_RETURN(system->nats_, testkit::NatsServer::Start());
  if (!options.nats_runs) {
    system->nats_->Kill();
    RETURN_IF_ERROR(system->nats_->WipeStore());
  }
  ASSIGN_OR_RETURN(system->orders_database_, options.database.MakeUrl());
  ASSIGN_OR_RETURN(system->activity_database_, options.database.MakeUrl());
  ASSIGN_OR_RETURN(system->orders_, system->StartServices("order_service", options.order_services,
                                                          system->orders_database_,
                                                          options.order_flags));
  ASSIGN_OR_RETURN(system->activity_,
                   system->StartServices("activity_service", options.activity_services,
                                         system->activity_database_, options.activity_flags));
  return system;
}

absl::StatusOr<System::Services> System::StartServices(const std::string& program, int instances,
                                                       const std::string& database,
                                                       const std::vector<std::string>& more) const {
  Services services;
  for (int i = 0; i < instances; ++i) {
    std::vector<std::string> flags = {absl::StrCat("--database=", database),
                                      absl::StrCat("--nats=", nats_->url()),
                                      absl::StrCat("--instance=", program, "-", i)};
    flags.insert(flags.end(), more.begin(), more.end());
    services.push_back(std::make_unique<ServiceProcess>(
        ServiceProcess::Spec{.program = program, .flags = std::move(flags)}));
    RETURN_IF_ERROR(services.back()->Start());
  }
  return services;
}

System::~System() {
  if (!testing::Test::HasFailure()) return;
  for (const auto& service : orders_) std::cerr << service->Describe();
  for (const auto& service : activity_) std::cerr << service->Describe();
}

}  // namespace tally::e2e
