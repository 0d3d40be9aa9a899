#include <cstdint>
#include <memory>

#include "absl/flags/flag.h"
#include "common/base/status_macros.h"
#include "common/base/step_thread.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_library.h"
#include "common/bus/stream_settings.h"
#include "common/bus/topology.h"
#include "common/db/database.h"
#include "common/db/durability_watch.h"
#include "common/db/sweeper.h"
#include "common/ops/copy_watch.h"
#include "common/ops/outbox_service.h"
#include "common/ops/privacy_service.h"
#include "common/outbox/outbox.h"
#include "common/rpc/executor.h"
#include "common/rpc/service_host.h"
#include "common/telemetry/thread_liveness.h"
#include "order_service/service/audit_service.h"
#include "order_service/service/erasure.h"
#include "order_service/service/order_archive.h"
#include "order_service/service/order_batch.h"
#include "order_service/service/order_service.h"
#include "order_service/store/order_eraser.h"
#include "order_service/store/order_expiry.h"
#include "order_service/store/order_store.h"
#include "tally/events/v1/order_events.pb.h"

ABSL_FLAG(int, writers, 2,
          "Transactions that write orders at the same time at most, 1 to 16. One takes all that "
          "waits; each further one joins in only while 512 orders wait. On SQLite there is one.");
ABSL_FLAG(int64_t, max_event_bytes, 512 << 10,
          "Size of an order's event at which the order is refused, 16384 to 67108864; below the "
          "bus servers' max_payload.");
ABSL_FLAG(int, queue_orders, 8192,
          "Orders that may wait to be written, 1 to 1000000; more are refused with "
          "RESOURCE_EXHAUSTED.");
ABSL_FLAG(
    int, stream_orders, 1024,
    "Orders of one PlaceOrders stream that may be under way, 1 to 100000; while they are, the "
    "stream is not read.");
ABSL_FLAG(int, message_events, 256,
          "Events that may travel in one message when they wait together, 1 to 1000; 1 for "
          "consumers that know single events only.");
ABSL_FLAG(
    absl::Duration, lease, absl::Seconds(5),
    "How long an instance may be silent before others close and publish its lanes, 2s to 5m.");
ABSL_FLAG(absl::Duration, outbox_retention, absl::Hours(168),
          "How long events are kept after they were written, to make again what the bus loses: "
          "longer than --stream_max_age, at most 87600h. 0: for ever.");
ABSL_FLAG(absl::Duration, order_retention, absl::ZeroDuration(),
          "How long orders are kept after their last change, with their request_ids: longer than "
          "--outbox_retention, at most 876000h. 0: for ever.");

namespace tally::orders {
namespace {

// Names this producer in every event. Never change it.
constexpr char kSource[] = "order_service";

struct Settings {
  OrderServiceOptions service;
  outbox::OutboxOptions outbox;
  OrderExpiryOptions orders;
  db::Durability durability_minimum = db::Durability::kMachine;
};

// What is kept in the stream can be made again from the outbox, and what is in the outbox tells of
// an order that is there.
void ReadRetention(Settings& settings, base::Violations& problems) {
  const absl::Duration outbox = absl::GetFlag(FLAGS_outbox_retention);
  const absl::Duration orders = absl::GetFlag(FLAGS_order_retention);
  settings.outbox.trimmer.retention = outbox;
  settings.orders.retention = orders;
  const absl::Duration stream = settings.outbox.stream.max_age;
  if (outbox != absl::ZeroDuration() && (outbox <= stream || outbox > absl::Hours(87'600))) {
    problems.Add("--outbox_retention", "must be above --stream_max_age and at most 87600h, or 0");
  }
  if (orders == absl::ZeroDuration()) return;
  if (outbox == absl::ZeroDuration() || orders <= outbox || orders > absl::Hours(876'000)) {
    problems.Add("--order_retention", "must be above --outbox_retention and at most 876000h, or 0");
  }
}

Settings ReadSettings(const config::ServiceSettings& shared, base::Violations& problems) {
  Settings settings;
  settings.service.event_bytes_max = absl::GetFlag(FLAGS_max_event_bytes);
  settings.service.stream.items_max = static_cast<size_t>(absl::GetFlag(FLAGS_stream_orders));
  settings.outbox.source = kSource;
  settings.outbox.instance = shared.instance;
  settings.outbox.writers = absl::GetFlag(FLAGS_writers);
  settings.outbox.lease = absl::GetFlag(FLAGS_lease);
  settings.outbox.queue_commands_max = static_cast<size_t>(absl::GetFlag(FLAGS_queue_orders));
  settings.outbox.relay.message_events_max = absl::GetFlag(FLAGS_message_events);
  settings.outbox.stream = bus::OrdersStream();
  bus::ReadStreamSettings(settings.outbox.stream, problems);
  ReadRetention(settings, problems);
  settings.durability_minimum = db::ReadDurabilityMinimum(problems);

  if (settings.outbox.writers < 1 || settings.outbox.writers > 16) {
    problems.Add("--writers", "must be 1 to 16");
  }
  if (shared.database_sessions < settings.outbox.writers + 2) {
    problems.Add("--database_sessions", "must be at least --writers plus 2");
  }
  if (settings.service.event_bytes_max < 16 << 10 || settings.service.event_bytes_max > 64 << 20) {
    problems.Add("--max_event_bytes", "must be 16384 to 67108864");
  }
  if (absl::GetFlag(FLAGS_queue_orders) < 1 || absl::GetFlag(FLAGS_queue_orders) > 1'000'000) {
    problems.Add("--queue_orders", "must be 1 to 1000000");
  }
  if (absl::GetFlag(FLAGS_stream_orders) < 1 || absl::GetFlag(FLAGS_stream_orders) > 100'000) {
    problems.Add("--stream_orders", "must be 1 to 100000");
  }
  if (settings.outbox.relay.message_events_max < 1 ||
      settings.outbox.relay.message_events_max > 1'000) {
    problems.Add("--message_events", "must be 1 to 1000");
  }
  if (settings.outbox.lease < absl::Seconds(2) || settings.outbox.lease > absl::Minutes(5)) {
    problems.Add("--lease", "must be 2s to 5m");
  }
  return settings;
}

// The database's own time limits stay below the lease: a lock must be gone when others may close.
db::DatabaseOptions DatabaseOptionsOf(const config::ServiceSettings& shared,
                                      const Settings& settings) {
  const absl::Duration limit = 0.6 * settings.outbox.lease;
  return {.url = shared.database.url,
          .sessions = shared.database_sessions,
          .statement_timeout = limit,
          .lock_timeout = limit,
          .idle_in_transaction_timeout = limit,
          .application_name = "order_service",
          .durability_minimum = settings.durability_minimum};
}

absl::Status Run(rpc::ServiceHost& host) {
  const config::ServiceSettings& shared = host.settings();
  const Settings settings = ReadSettings(shared, host.problems());
  RETURN_IF_ERROR(host.CheckSettings());
  telemetry::Telemetry& telemetry = host.telemetry();

  ASSIGN_OR_RETURN(
      const std::shared_ptr<db::Database> database,
      db::Database::Open(DatabaseOptionsOf(shared, settings), host.clock(), telemetry));
  RETURN_IF_ERROR(outbox::Outbox::Migrate(*database));
  RETURN_IF_ERROR(OrderStore::Migrate(*database));
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
                   bus::NewNatsBus({.urls = shared.nats.urls, .name = kSource}, telemetry));

  const OrderStore store;
  OrderBatch batch(store);
  OrderArchive archive(store, *database);
  outbox::Outbox outbox(settings.outbox, *database, *bus, batch, host.clock(), telemetry, &archive);
  rpc::Executor reads({.name = "reads"}, telemetry);
  OrderService orders(settings.service, outbox, *database, store, reads, host.clock(), telemetry);
  const auto copies = std::make_shared<ops::CopyWatch>(
      ops::CopyWatchOptions{.instance = shared.instance}, *database, *bus, host.clock(), telemetry);
  telemetry.health.AddDetail("copies", [weak = std::weak_ptr(copies)] {
    const auto own = weak.lock();
    return own ? own->Found() : "";
  });
  ops::OutboxService ops(ops::PayloadDecoder({events::v1::OrderCreated::descriptor(),
                                              events::v1::OrderCancelled::descriptor()}),
                         outbox, *database, *bus, reads, telemetry, copies.get());
  AuditService audit(*database, reads, telemetry);
  OrderEraser eraser(*database);
  ops::PrivacyService privacy(
      [&](const auto& request, absl::Time deadline, auto& response) {
        return EraseCustomer(eraser, request, deadline, response);
      },
      reads, telemetry);
  OrderExpiry expiry(settings.orders, *database, telemetry);
  db::Sweeper expiry_sweeper(
      {.what = "removing old orders"}, [&] { return expiry.Sweep(); }, host.clock(), telemetry);

  outbox.Start();
  const auto expiry_thread =
      std::make_shared<base::StepThread>("order_expiry", [&] { return expiry_sweeper.Step(); });
  telemetry::AddThreadLiveness(telemetry.health, "order_expiry", expiry_thread);
  const auto durability_thread =
      std::make_shared<base::StepThread>("durability", [&] { return durability->Step(); });
  telemetry::AddThreadLiveness(telemetry.health, "durability", durability_thread);
  const auto copies_thread =
      std::make_shared<base::StepThread>("copy_watch", [&] { return copies->Step(); });
  telemetry::AddThreadLiveness(telemetry.health, "copy_watch", copies_thread);
  const absl::Status served =
      host.Serve({{orders, [&orders] { orders.EndStreams(); }}, audit, ops, privacy});
  copies_thread->Stop();
  expiry_thread->Stop();
  durability_thread->Stop();
  outbox.Shutdown(host.clock().Now() + absl::Seconds(5));
  return served;
}

}  // namespace
}  // namespace tally::orders

int main(int argc, char** argv) {
  return tally::rpc::RunService(
      argc, argv,
      {.name = "order_service",
       .summary = "Takes orders over gRPC, writes each with its event in one transaction, and "
                  "publishes the events\nto NATS JetStream. Orders are taken whether or not the "
                  "bus is there.",
       .defaults = {{"listen", "127.0.0.1:50051"},
                    {"http", "127.0.0.1:9091"},
                    {"database", "sqlite:order_service.db"}}},
      tally::orders::Run);
}
