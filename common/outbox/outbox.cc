#include "common/outbox/outbox.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/uuid_v7_source.h"
#include "common/outbox/migrations.h"
#include "common/outbox/stopping.h"
#include "common/telemetry/thread_liveness.h"

namespace tally::outbox {
namespace {

LaneStoreOptions StoreOptions(const OutboxOptions& options, const db::Database& database,
                              base::Clock& clock) {
  const std::string life = base::UuidV7Source(clock).Next().ToString();
  return {.stream = options.stream.name,
          .holder = absl::StrCat(options.instance, "/", life),
          .lease = options.lease,
          .sole_process = database.dialect() == db::Dialect::kSqlite};
}

RelayOptions WithStream(const OutboxOptions& options) {
  RelayOptions relay = options.relay;
  relay.publisher.source = options.source;
  relay.publisher.stream = options.stream;
  return relay;
}

}  // namespace

absl::Status Outbox::Migrate(db::Database& database) {
  return database.Migrate("outbox", kMigrations);
}

Outbox::Outbox(OutboxOptions options, db::Database& database, bus::Bus& bus, BatchHandler& handler,
               base::Clock& clock, telemetry::Telemetry& telemetry, EventArchive* archive)
    : options_(std::move(options)),
      telemetry_(telemetry),
      queue_(options_.queue_commands_max, options_.queue_bytes_max, telemetry.metrics),
      lanes_(StoreOptions(options_, database, clock), database),
      catalog_(database),
      parked_(database),
      handover_(options_.memory_bytes_max, [this] { WakeRelay(); }),
      relay_(
          WithStream(options_), lanes_, parked_, handover_, bus, [this] { WakeRelay(); }, clock,
          telemetry),
      answerer_(
          {.source = options_.source, .archive = archive}, lanes_, bus, [this] { WakeAnswerer(); },
          clock, telemetry),
      trimmer_(options_.trimmer, database, telemetry),
      sweeper_(
          {.what = "trimming the outbox"}, [this] { return trimmer_.Sweep(); }, clock, telemetry) {
  const int writers = database.dialect() == db::Dialect::kSqlite ? 1 : options_.writers;
  for (int i = 0; i < writers; ++i) {
    WriterOptions writer = options_.writer;
    if (i > 0) writer.batch_commands_min = writer.batch_commands_max;
    writers_.push_back(std::make_unique<WriterThread>(writer, queue_, handler, lanes_, handover_,
                                                      clock, telemetry));
  }
}

Outbox::~Outbox() { Shutdown(absl::InfinitePast()); }

void Outbox::Start() {
  relay_thread_ = std::make_shared<base::StepThread>(
      "relay", [this] { return RunRelay(); }, [this] { return relay_.pace(); });
  relay_to_wake_ = relay_thread_.get();
  telemetry::Health& health = telemetry_.health;
  telemetry::AddThreadLiveness(health, "relay", relay_thread_, 3 * options_.lease);
  answerer_thread_ =
      std::make_shared<base::StepThread>("answerer", [this] { return answerer_.Step(); });
  answerer_to_wake_ = answerer_thread_.get();
  telemetry::AddThreadLiveness(health, "answerer", answerer_thread_);
  for (const auto& writer : writers_) {
    writer->thread = std::make_shared<base::StepThread>(
        "writer", [this, &writer = *writer] { return RunWriter(writer); });
    telemetry::AddThreadLiveness(health, "writer", writer->thread);
  }
  trimmer_thread_ =
      std::make_shared<base::StepThread>("trimmer", [this] { return sweeper_.Step(); });
  telemetry::AddThreadLiveness(health, "trimmer", trimmer_thread_);
}

absl::Duration Outbox::RunWriter(WriterThread& writer) {
  const absl::Duration rest = writer.writer.Step();
  if (rest != absl::InfiniteDuration()) return rest;
  if (queue_.Exhausted()) {
    if (!writer.finished.HasBeenNotified()) writer.finished.Notify();
    return rest;
  }
  queue_.WaitForCommands(writer.commands_min, base::StepThread::kMaxWait);
  return absl::ZeroDuration();
}

absl::Duration Outbox::RunRelay() {
  const bool last_round = writers_closed_;
  const absl::Duration rest = relay_.Step();
  if (last_round && (relay_.Drained() || relay_.stalled()) && !drained_.HasBeenNotified()) {
    drained_.Notify();
  }
  return rest;
}

void Outbox::WakeRelay() {
  if (base::StepThread* thread = relay_to_wake_; thread != nullptr) thread->Wake();
}

void Outbox::WakeAnswerer() {
  if (base::StepThread* thread = answerer_to_wake_; thread != nullptr) thread->Wake();
}

void Outbox::Shutdown(absl::Time deadline) {
  queue_.Close();
  if (relay_thread_ == nullptr || writers_closed_) return;
  trimmer_thread_->Stop();
  for (const auto& writer : writers_) writer->finished.WaitForNotificationWithDeadline(deadline);
  for (const auto& writer : writers_) {
    writer->thread->Stop();
    writer->writer.Close(deadline);
  }
  for (auto& command : queue_.Take(0, SIZE_MAX, SIZE_MAX)) {
    command->Finish(StoppingError());
  }
  writers_closed_ = true;
  relay_thread_->Wake();
  drained_.WaitForNotificationWithDeadline(deadline);
  relay_thread_->Stop();
  relay_.Stop(deadline);
  answerer_thread_->Stop();
}

}  // namespace tally::outbox
