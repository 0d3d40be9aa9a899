#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/declarer.h"
#include "common/inbox/freshness.h"
#include "common/inbox/inbox.h"
#include "common/inbox/letter_retrier.h"
#include "common/inbox/pause.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct ConsumerOptions {
  bus::StreamConfig stream;
  bus::DurableConfig durable;        // its description names the database it feeds
  size_t batch_max = 2048;           // messages in one transaction; each may hold many events
  size_t batch_bytes_max = 1 << 20;  // payloads in one transaction, unless of one message
  size_t prefetch = 4096;  // a few batches, no more: held longer than ack_wait they come twice
  absl::Duration letters_every = absl::Seconds(1);
  int letters_at_once = 50;
  int64_t letters_retrying_max = 100'000;  // beyond it the consumer stops taking
  absl::Duration bus_timeout = absl::Seconds(1);
  absl::Duration declare_every = absl::Seconds(10);  // to notice what was lost or changed
  base::BackoffPolicy backoff = {.initial = absl::Milliseconds(100), .max = absl::Seconds(2)};
};

// How far the consumer is with its stream.
struct ConsumerProgress {
  bool connected = false;  // to the bus, stream and durable found
  // All that the stream held at this time is covered; InfinitePast() while not known.
  absl::Time as_of = absl::InfinitePast();
  int64_t pending = 0;  // in the stream, not covered yet, as last seen
  int64_t letters_retrying = 0;
  int64_t letters_dead = 0;

  // Why nothing is taken from the bus, and since when; OK while it is.
  absl::Status stalled_by;
  absl::Time stalled_since = absl::InfiniteFuture();
  bool feeds_another = false;  // the durable, another database: so nothing is taken
  // The bus is there, and it is not one event's fault either: everything fails, or too much did.
  bool suspended = false;
};

// Takes from the durable pull consumer, gives to the inbox, acknowledges after its commit.
//
//   bus away         → back off; declare stream and durable again when it is back; letters go on
//   durable gone     → declare it, and its stream, again; what comes twice is dropped
//   durable feeds another database, from the start or since → take nothing, alarm: two
//                      environments must not share events
//   database away    → NAK with the delay of the back-off, smaller batches; no letter suffers
//   every event fails, too many letters → take nothing, back off, alarm (tally_consumer_stalled)
//
// Step belongs to one thread; GetProgress and declaration are thread-safe.
class Consumer {
 public:
  Consumer(ConsumerOptions options, Inbox& inbox, LetterRetrier& letters, bus::Bus& bus,
           bus::Waker waker, base::Clock& clock, telemetry::Telemetry& telemetry);

  // At most one batch, and due letters in their bounded share. Returns how long it may rest unless
  // woken. Blocks no longer than a few of its timeouts, but for a batch that must be bisected.
  absl::Duration Step();
  ConsumerProgress GetProgress() const;
  // How stream and durable stand to their declarations.
  bus::DeclarationState declaration() const { return declarer_.state(); }

 private:
  // Attaches if need be, takes and settles one batch. Returns how long to rest after it.
  absl::StatusOr<absl::Duration> Consume();
  absl::Status Attach();
  void Detach();
  // FAILED_PRECONDITION when it feeds another database.
  absl::StatusOr<bus::DurableState> CheckDurable(absl::Time deadline);
  // What is in hand: inbox, then acknowledgement.
  absl::Status Settle();
  void AskHowFar(bool idle);
  // Returns whether more letters are due.
  bool TendLetters(absl::Time now);

  void Stall(const absl::Status& why);
  void GoOn();
  void Show(const bus::DurableState& durable);

  const ConsumerOptions options_;
  Inbox& inbox_;
  LetterRetrier& letters_;
  bus::Bus& bus_;
  const bus::Waker waker_;
  base::Clock& clock_;
  telemetry::Log& log_;
  telemetry::Gauge& lag_seconds_;
  telemetry::Gauge& pending_;
  telemetry::Gauge& stalled_;

  bus::Declarer declarer_;
  Pause declared_for_;
  bool feeds_another_ = false;               // as last seen: then it is not ours to make again
  std::unique_ptr<bus::PullConsumer> pull_;  // null: stream and durable are to be declared
  absl::Time stream_created_;
  absl::Time durable_created_;
  std::vector<bus::Delivery> in_hand_;  // taken, neither acknowledged nor given back
  size_t batch_max_;                    // shrinks while the inbox fails
  bool inbox_fails_ = false;            // then letters rest too
  int64_t letters_retrying_ = 0;        // as last counted, and those made since
  Freshness freshness_;
  absl::Time asked_ = absl::InfinitePast();

  base::Backoff backoff_;
  absl::Status stalled_by_;  // OK: it is not stalled
  Pause stalled_for_;
  Pause letters_rest_;

  mutable absl::Mutex mutex_;
  ConsumerProgress progress_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::inbox
