#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/step_thread.h"
#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/db/sweeper.h"
#include "common/outbox/answerer.h"
#include "common/outbox/batch_handler.h"
#include "common/outbox/command_queue.h"
#include "common/outbox/event_archive.h"
#include "common/outbox/handover.h"
#include "common/outbox/lane_catalog.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/parked_store.h"
#include "common/outbox/relay.h"
#include "common/outbox/trimmer.h"
#include "common/outbox/writer.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct OutboxOptions {
  std::string source;         // names the producer on the wire, a constant of its code
  bus::StreamConfig stream;   // the one stream its lanes belong to
  std::string instance = {};  // names this process to operators; need not be unique
  absl::Duration lease = absl::Seconds(5);
  // The first takes whatever waits; each further one writes a batch beside it while a full one
  // waits. PostgreSQL only: on SQLite there is one.
  int writers = 2;
  size_t queue_commands_max = 8192;
  size_t queue_bytes_max = 64 << 20;
  size_t memory_bytes_max = 16 << 20;  // committed events kept in memory until they are published
  WriterOptions writer = {};
  RelayOptions relay = {};  // its source and stream are taken from above
  TrimmerOptions trimmer = {};
};

// The transactional outbox of a service, whole: callers submit commands, writers write them in
// batches together with their events, the relay publishes the events, the answerer gives consumers
// what the bus lost. What a service adds is its commands, a BatchHandler and an EventArchive.
//
// Guarantees: a command that was finished with OK is committed together with its events, and each
// of those events reaches the stream at least once, in sequence order, under an id of its own,
// whatever crashes; events of commands that were not committed never do. Taking commands never
// waits for the bus. At every moment memory is bounded: the queue, a batch for each writer, the
// window of the relay and memory_bytes_max.
//
//   bus away        commands are taken as fast as ever; events wait in the database, however many
//   database away   commands wait until their deadlines, the queue fills and refuses
//   process killed  its lanes' leases expire; another instance, or the next start, closes them and
//                   publishes the rest
//   process paused  the same; when it wakes, its writers find their lanes closed and open others
//
// Published events stay for the retention, in small steps they are trimmed then (see Trimmer).
//
// Thread-safe: Submit and what is for operations. The rest belongs to the owner's thread. See
// Writer, Relay and LaneStore for each part.
class Outbox {
 public:
  // Applies this module's migrations; before Start.
  static absl::Status Migrate(db::Database& database);

  // All that is given by reference must outlive the outbox, and so must the archive, which may be
  // null. Liveness "relay" fails when the relay hangs for three leases, "writer", "answerer" and
  // "trimmer" after a minute.
  Outbox(OutboxOptions options, db::Database& database, bus::Bus& bus, BatchHandler& handler,
         base::Clock& clock, telemetry::Telemetry& telemetry, EventArchive* archive = nullptr);
  ~Outbox();  // Shutdown, without patience.

  void Start();

  // Takes the command, whose Finish() will be called; or fails at once and leaves it to the caller:
  // RESOURCE_EXHAUSTED when too much waits, StoppingError when shutting down.
  absl::Status Submit(std::unique_ptr<Command>& command) {
    return queue_.Push(absl::MakeSpan(&command, 1));
  }

  // Several at once, which are written together if they fit into a batch. Takes as many as it can
  // in their order and makes them null; the rest fails for the reason returned.
  absl::Status Submit(absl::Span<std::unique_ptr<Command>> commands) {
    return queue_.Push(commands);
  }

  // How the stream stands to its declaration. Thread-safe.
  bus::DeclarationState declaration() const { return relay_.declaration(); }

  // Takes no more commands, writes those taken, closes the lanes, publishes what waits unless the
  // bus is away, gives the leases up. Best effort until `deadline`; what is not done then is taken
  // up by others or by the next start.
  void Shutdown(absl::Time deadline);

  // For operations; thread-safe.
  LaneCatalog& catalog() { return catalog_; }
  ParkedStore& parked() { return parked_; }
  RelayCondition GetRelayCondition() const { return relay_.GetCondition(); }
  const OutboxOptions& options() const { return options_; }

 private:
  struct WriterThread {
    template <typename... Args>
    explicit WriterThread(const WriterOptions& options, Args&&... args)
        : commands_min(options.batch_commands_min), writer(options, std::forward<Args>(args)...) {}
    const size_t commands_min;
    Writer writer;
    absl::Notification finished;  // nothing is in hand and nothing will come
    std::shared_ptr<base::StepThread> thread;
  };

  absl::Duration RunWriter(WriterThread& writer);
  absl::Duration RunRelay();
  void WakeRelay();
  void WakeAnswerer();

  const OutboxOptions options_;
  telemetry::Telemetry& telemetry_;
  std::shared_ptr<base::StepThread> relay_thread_;
  std::atomic<base::StepThread*> relay_to_wake_ = nullptr;  // the same, for all threads
  std::shared_ptr<base::StepThread> answerer_thread_;
  std::atomic<base::StepThread*> answerer_to_wake_ = nullptr;  // the same, for all threads
  CommandQueue queue_;
  LaneStore lanes_;
  LaneCatalog catalog_;
  ParkedStore parked_;
  Handover handover_;
  Relay relay_;
  Answerer answerer_;
  Trimmer trimmer_;
  db::Sweeper sweeper_;
  std::shared_ptr<base::StepThread> trimmer_thread_;
  std::vector<std::unique_ptr<WriterThread>> writers_;
  std::atomic<bool> writers_closed_ = false;
  absl::Notification drained_;  // or there is no use in waiting
};

}  // namespace tally::outbox
