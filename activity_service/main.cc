#include <memory>
#include <vector>

#include "absl/flags/flag.h"
#include "activity_service/domain/items_ordered.h"
#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "activity_service/service/activity_counter.h"
#include "activity_service/service/activity_service.h"
#include "activity_service/service/day_reader.h"
#include "activity_service/service/erasure.h"
#include "activity_service/service/token_waiter.h"
#include "activity_service/service/watch_hub.h"
#include "activity_service/store/activity_store.h"
#include "common/base/status_macros.h"
#include "common/base/step_thread.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_library.h"
#include "common/bus/stream_settings.h"
#include "common/bus/topology.h"
#include "common/db/database.h"
#include "common/db/durability_watch.h"
#include "common/inbox/subscription.h"
#include "common/ops/copy_watch.h"
#include "common/ops/inbox_service.h"
#include "common/ops/privacy_service.h"
#include "common/rpc/executor.h"
#include "common/rpc/service_host.h"
#include "common/telemetry/thread_liveness.h"
#include "tally/events/v1/order_events.pb.h"

ABSL_FLAG(absl::Duration, ack_wait, absl::Seconds(5),
          "How long the bus waits for an acknowledgement before it delivers an event again, 1s to "
          "5m. All instances need the same value.");
ABSL_FLAG(int, batch_events, 2048, "Events that are counted in one transaction, 1 to 20000.");
ABSL_FLAG(int, letter_attempts, 10,
          "How often an event that cannot be applied is tried before it waits for an operator, 1 "
          "to 1000.");
ABSL_FLAG(absl::Duration, unknown_type_for, absl::Hours(72),
          "How long events of a type this version does not know are kept trying, 0 to 8760h: a "
          "newer version may be rolling out.");
ABSL_FLAG(absl::Duration, heal_every, absl::Seconds(10),
          "How often what is counted is compared with what the producers published, so that events "
          "the bus lost are fetched from them, 1s to 1h.");
ABSL_FLAG(absl::Duration, letter_retention, absl::Hours(2160),
          "How long the content of events that could not be applied is kept once they are dead or "
          "discarded, 1h to 87600h; dead ones are discarded then. 0: for ever.");
ABSL_FLAG(int, watchers, 1000,
          "How many may follow a day at the same time (WatchDailyActivity), 1 to 100000; more are "
          "refused.");

namespace tally::activity {
namespace {

constexpr auto kConsumer = bus::kActivityConsumer;
// Names the producer of the stream, as it names itself in each event. Only it is asked for events
// that the bus lost.
constexpr char kProducer[] = "order_service";
constexpr absl::Duration kPollTimeout = absl::Seconds(3);

struct Settings {
  inbox::SubscriptionOptions inbox;
  WatchHubOptions watches;
  db::Durability durability_minimum = db::Durability::kMachine;
};

inbox::SubscriptionOptions ReadInboxSettings(base::Violations& problems) {
  inbox::SubscriptionOptions settings;
  settings.consumer = kConsumer;
  settings.sources = {kProducer};
  settings.heal_every = absl::GetFlag(FLAGS_heal_every);
  settings.delivery.stream = bus::OrdersStream();
  bus::ReadStreamSettings(settings.delivery.stream, problems);
  settings.delivery.durable.ack_wait = absl::GetFlag(FLAGS_ack_wait);
  settings.delivery.batch_max = static_cast<size_t>(absl::GetFlag(FLAGS_batch_events));
  settings.inbox.letters.attempts_max = absl::GetFlag(FLAGS_letter_attempts);
  settings.inbox.letters.unknown_type_for = absl::GetFlag(FLAGS_unknown_type_for);
  settings.expiry.retention = absl::GetFlag(FLAGS_letter_retention);

  if (settings.expiry.retention != absl::ZeroDuration() &&
      (settings.expiry.retention < absl::Hours(1) ||
       settings.expiry.retention > absl::Hours(87'600))) {
    problems.Add("--letter_retention", "must be 1h to 87600h, or 0");
  }
  if (settings.delivery.durable.ack_wait < absl::Seconds(1) ||
      settings.delivery.durable.ack_wait > absl::Minutes(5)) {
    problems.Add("--ack_wait", "must be 1s to 5m");
  }
  if (settings.heal_every < absl::Seconds(1) || settings.heal_every > absl::Hours(1)) {
    problems.Add("--heal_every", "must be 1s to 1h");
  }
  if (absl::GetFlag(FLAGS_batch_events) < 1 || absl::GetFlag(FLAGS_batch_events) > 20'000) {
    problems.Add("--batch_events", "must be 1 to 20000");
  }
  if (settings.inbox.letters.attempts_max < 1 || settings.inbox.letters.attempts_max > 1000) {
    problems.Add("--letter_attempts", "must be 1 to 1000");
  }
  if (settings.inbox.letters.unknown_type_for < absl::ZeroDuration() ||
      settings.inbox.letters.unknown_type_for > absl::Hours(8760)) {
    problems.Add("--unknown_type_for", "must be 0 to 8760h");
  }
  return settings;
}

Settings ReadSettings(base::Violations& problems) {
  if (absl::GetFlag(FLAGS_watchers) < 1 || absl::GetFlag(FLAGS_watchers) > 100'000) {
    problems.Add("--watchers", "must be 1 to 100000");
  }
  return {.inbox = ReadInboxSettings(problems),
          .watches = {.watchers_max = static_cast<size_t>(absl::GetFlag(FLAGS_watchers))},
          .durability_minimum = db::ReadDurabilityMinimum(problems)};
}

// What is counted.
std::vector<std::unique_ptr<Activity>> Activities() {
  std::vector<std::unique_ptr<Activity>> activities;
  activities.push_back(std::make_unique<OrdersCreated>());
  activities.push_back(std::make_unique<OrdersCancelled>());
  activities.push_back(std::make_unique<ItemsOrdered>());
  return activities;
}

absl::Status Run(rpc::ServiceHost& host) {
  const config::ServiceSettings& shared = host.settings();
  const Settings settings = ReadSettings(host.problems());
  RETURN_IF_ERROR(host.CheckSettings());
  telemetry::Telemetry& telemetry = host.telemetry();

  ASSIGN_OR_RETURN(const std::shared_ptr<db::Database> database,
                   db::Database::Open({.url = shared.database.url,
                                       .sessions = shared.database_sessions,
                                       .application_name = kConsumer,
                                       .durability_minimum = settings.durability_minimum},
                                      host.clock(), telemetry));
  RETURN_IF_ERROR(ActivityStore::Migrate(*database));
  telemetry.health.AddReadiness("database", [weak = std::weak_ptr(database)] {
    const auto own = weak.lock();
    return own && own->Available() ? absl::OkStatus() : absl::UnavailableError("out of reach");
  });
  const auto durability = std::make_shared<db::DurabilityWatch>(*database, telemetry);
  telemetry.health.AddDetail("database", [weak = std::weak_ptr(durability)] {
    const auto own = weak.lock();
    return own ? own->Describe() : "";
  });

  const bus::NatsLibrary nats_library;
  ASSIGN_OR_RETURN(const auto bus,
                   bus::NewNatsBus({.urls = shared.nats.urls, .name = kConsumer}, telemetry));

  const ActivityStore store;
  ActivityCounter counter(Activities(), store);
  inbox::Subscription subscription(settings.inbox, *database, *bus, counter, host.clock(),
                                   telemetry);
  DayReader days(
      store, subscription.store(), [&] { return subscription.GetProgress(); }, host.clock());
  WatchHub watches(
      settings.watches,
      [&](absl::Span<const Day> watched, int64_t known_mark) {
        return days.ReadIfChanged(watched, known_mark, host.clock().Now() + kPollTimeout);
      },
      host.clock(), telemetry);
  counter.OnCounted([&] { watches.Notice(); });
  RETURN_IF_ERROR(subscription.Start());
  watches.Start();
  const auto durability_thread =
      std::make_shared<base::StepThread>("durability", [&] { return durability->Step(); });
  telemetry::AddThreadLiveness(telemetry.health, "durability", durability_thread);

  rpc::Executor reads({.name = "reads"}, telemetry);
  const auto inquire = [&](const std::string& lane_id, int64_t sequence) {
    subscription.Inquire(lane_id, sequence);
  };
  TokenWaiter tokens({.inquire = inquire}, subscription.store(), host.clock(), telemetry);
  ActivityService activity(days, tokens, watches, reads, host.clock(), telemetry);
  const auto copies = std::make_shared<ops::CopyWatch>(
      ops::CopyWatchOptions{.instance = shared.instance}, *database, *bus, host.clock(), telemetry);
  telemetry.health.AddDetail("copies", [weak = std::weak_ptr(copies)] {
    const auto own = weak.lock();
    return own ? own->Found() : "";
  });
  ops::InboxService ops(ops::PayloadDecoder({events::v1::OrderCreated::descriptor(),
                                             events::v1::OrderCancelled::descriptor()}),
                        subscription, *bus, reads, host.clock(), telemetry, copies.get());
  inbox::LetterEraser eraser(kConsumer, *database, host.clock());
  ops::PrivacyService privacy(
      [&](const auto& request, absl::Time deadline, auto& response) {
        return EraseCustomer(eraser, request, deadline, response);
      },
      reads, telemetry);

  const auto copies_thread =
      std::make_shared<base::StepThread>("copy_watch", [&] { return copies->Step(); });
  telemetry::AddThreadLiveness(telemetry.health, "copy_watch", copies_thread);
  const absl::Status served = host.Serve({{activity, [&] { watches.Close(); }}, ops, privacy});
  copies_thread->Stop();
  durability_thread->Stop();
  subscription.Stop();
  return served;
}

}  // namespace
}  // namespace tally::activity

int main(int argc, char** argv) {
  return tally::rpc::RunService(
      argc, argv,
      {.name = "activity_service",
       .summary = "Counts what happens in the system, exactly once, from the events on NATS "
                  "JetStream, and answers\nfor any day over gRPC. Answers go on without the bus "
                  "and say how fresh they are.",
       .defaults = {{"listen", "127.0.0.1:50052"},
                    {"http", "127.0.0.1:9092"},
                    {"database", "sqlite:activity_service.db"}}},
      tally::activity::Run);
}
