// A service that counts events, and does what their payloads say.

#include <csignal>
#include <memory>
#include <stdexcept>

#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_library.h"
#include "common/inbox/subscription.h"
#include "common/rpc/service_host.h"
#include "tests/integration/inbox/counting_handler.h"
#include "tests/integration/inbox/migrations.h"

namespace tally::inbox {
namespace {

absl::Status DoAsToldBy(db::Transaction&, const bus::Event& event) {
  if (event.payload == "fails") return absl::InternalError("as told");
  if (event.payload == "throws") throw std::runtime_error("as told");
  if (event.payload == "kills") ::raise(SIGKILL);
  if (event.payload == "blocks") absl::Notification().WaitForNotification();
  return absl::OkStatus();
}

SubscriptionOptions Options() {
  SubscriptionOptions options;
  options.consumer = "tests";
  options.inbox.letters = {.backoff = {.initial = absl::Milliseconds(100), .max = absl::Seconds(5)},
                           .attempts_max = 3,
                           .attempt_time = absl::Seconds(3)};
  options.delivery.stream = {.name = "TESTS", .subjects = {"tests.v1.>"}};
  options.delivery.durable.ack_wait = absl::Seconds(1);
  options.delivery.letters_every = absl::Milliseconds(100);
  options.handler_time_max = absl::Seconds(1);
  return options;
}

absl::Status Run(rpc::ServiceHost& host) {
  RETURN_IF_ERROR(host.CheckSettings());
  ASSIGN_OR_RETURN(const auto database, db::Database::Open({.url = host.settings().database.url},
                                                           host.clock(), host.telemetry()));
  RETURN_IF_ERROR(database->Migrate("counted", fixture::kMigrations));
  const bus::NatsLibrary nats_library;
  ASSIGN_OR_RETURN(const auto bus,
                   bus::NewNatsBus({.urls = host.settings().nats.urls, .name = "poison_service"},
                                   host.telemetry()));
  CountingHandler handler(host.settings().instance);
  handler.verdict = DoAsToldBy;
  Subscription subscription(Options(), *database, *bus, handler, host.clock(), host.telemetry());
  RETURN_IF_ERROR(subscription.Start());
  const absl::Status served = host.Serve({});
  subscription.Stop();
  return served;
}

}  // namespace
}  // namespace tally::inbox

int main(int argc, char** argv) {
  return tally::rpc::RunService(
      argc, argv, {.name = "poison_service", .summary = "Does what it is told by events."},
      tally::inbox::Run);
}
