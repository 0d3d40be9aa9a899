#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/step_thread.h"
#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/db/sweeper.h"
#include "common/inbox/consumer.h"
#include "common/inbox/errands.h"
#include "common/inbox/event_handler.h"
#include "common/inbox/fetcher.h"
#include "common/inbox/healer.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/horizon.h"
#include "common/inbox/inbox.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/letter_expiry.h"
#include "common/inbox/letter_retrier.h"
#include "common/inbox/producer.h"
#include "common/inbox/progress.h"
#include "common/inbox/watched_handler.h"
#include "common/telemetry/telemetry.h"
#include "common/telemetry/thread_liveness.h"

namespace tally::inbox {

struct SubscriptionOptions {
  // A constant of the service's code: names the rows in its database and the durable consumer that
  // all its replicas share. Never change it: under another name everything would be counted again.
  std::string consumer;
  InboxOptions inbox;
  ConsumerOptions
      delivery;  // stream as declared; durable's names and description are filled in here
  // The producers of the stream, as in ce-source: constants of the code too. Only they are asked
  // for what the bus lost; without them nothing is healed and nothing ever complete.
  std::vector<std::string> sources = {};
  absl::Duration heal_every = absl::Seconds(10);
  absl::Duration heal_yield_for = absl::Seconds(3);  // to other replicas, after a failure
  absl::Duration ask_every = absl::Seconds(1);       // how far the producers are
  absl::Duration answer_timeout = absl::Seconds(2);  // of a producer
  LetterExpiryOptions expiry;
  // How long the handler may take for a batch: more than all its statements with their timeouts.
  // Afterwards the process is ended, by default by force with the exit code of such an end.
  absl::Duration handler_time_max = absl::Seconds(15);
  std::function<void()> end_process = nullptr;
  absl::Duration step_time_max = telemetry::kStepTimeMax;  // of each thread: see liveness
};

// The inbox half of the system, and all that a service needs to consume: every event that the
// stream's producers committed is applied by the handler exactly once, in the transaction that also
// remembers it.
//
// Events come at least once, in any order, late and repeated; producers number them without gaps in
// lanes. One row for each lane (inbox_lane: watermark, and ranges above it) stands for the keys of
// all its events, for ever: nothing is forgotten, nothing needs cleaning up. An event is
//
//   not covered → delivered again until it is
//   covered     → counted: the handler applied it
//                 or a letter: retrying (tried again from the table), dead or discarded
//
//   bus away          → nothing is lost; progress stands still and says so
//   own database away → deliveries are given back; no attempt counts
//   handler fails     → the event alone becomes a letter; should every event fail, nothing is taken
//   handler hangs     → the process is ended, see WatchedHandler
//   process killed    → what was not acknowledged comes again, and is dropped if it had committed;
//                       an event that kills it again and again becomes a letter, see Narrowing
//   bus loses what it acknowledged → fetched from the producers, see Healer
//   producer away     → what it has recorded is not known, and progress says so
//
// Several replicas may run on one PostgreSQL: they share the durable and each does part of the
// work. Start and Stop belong to one thread; the rest is thread-safe.
class Subscription {
 public:
  // All must outlive it.
  Subscription(SubscriptionOptions options, db::Database& database, bus::Bus& bus,
               EventHandler& handler, base::Clock& clock, telemetry::Telemetry& telemetry);
  ~Subscription();  // Stops.

  // Brings the inbox's tables up to date, checks that they are this consumer's, and starts its
  // thread. Needs the database, not the bus. FAILED_PRECONDITION: the database belongs to another
  // consumer.
  absl::Status Start();

  // No step begins after it. Waits for the step under way: about InboxOptions::transaction_timeout
  // if the database hangs just then. What is in hand unacknowledged comes again, here or to another
  // replica.
  void Stop();

  // Nothing is known before Start(); the same holds for the next two.
  Progress GetProgress() const;
  // How stream and durable stand to their declarations.
  bus::DeclarationState declaration() const {
    return consumer_ != nullptr ? consumer_->declaration() : bus::DeclarationState();
  }
  // Of the consumer alone.
  ConsumerProgress GetConsumerProgress() const {
    return consumer_ != nullptr ? consumer_->GetProgress() : ConsumerProgress();
  }
  // The durable delivers nothing any more, see Healer; false where another replica heals.
  bool durable_stuck() const { return healer_ != nullptr && healer_->durable_stuck(); }
  const SubscriptionOptions& options() const { return options_; }
  // For consistency tokens and operations.
  InboxStore& store() { return store_; }
  HealingStore& healing() { return healing_; }
  // Asks the producers, soon, whether an event that does not come is parked or void; what they say
  // is kept. Does not block; false: too much is asked already, or there is nobody to ask.
  bool Inquire(const std::string& lane_id, int64_t sequence);

 private:
  void StartHealing();
  absl::Duration Heal();
  void Watch(const char* name, const std::shared_ptr<base::StepThread>& thread);
  void Wake();
  void WakeHealer();

  SubscriptionOptions options_;
  bus::Bus& bus_;
  base::Clock& clock_;
  telemetry::Telemetry& telemetry_;
  WatchedHandler handler_;
  InboxStore store_;
  HealingStore healing_;
  Inbox inbox_;
  Inbox healing_inbox_;  // the healer's own: it works beside the consumer
  LetterRetrier letters_;
  std::vector<Producer> producers_;
  std::vector<Fetcher> fetchers_;     // one for each
  std::unique_ptr<Horizon> horizon_;  // null: there are no producers
  std::unique_ptr<Healer> healer_;    // the same
  Errands errands_;
  LetterExpiry expiry_;
  db::Sweeper sweeper_;
  std::shared_ptr<base::StepThread> expiry_thread_;
  std::shared_ptr<base::StepThread> watch_thread_;  // of the handler
  std::unique_ptr<Consumer> consumer_;              // null before Start()
  absl::Mutex mutex_;
  // Null unless running. Like the two above shared with liveness checks, which may be asked while
  // this goes away.
  std::shared_ptr<base::StepThread> thread_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<base::StepThread> healer_thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::inbox
