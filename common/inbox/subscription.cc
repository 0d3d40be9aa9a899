#include "common/inbox/subscription.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/migrations.h"

namespace tally::inbox {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(10);
constexpr absl::Duration kHungAfter = absl::Minutes(1);

}  // namespace

Subscription::Subscription(SubscriptionOptions options, db::Database& database, bus::Bus& bus,
                           EventHandler& handler, base::Clock& clock,
                           telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      bus_(bus),
      clock_(clock),
      telemetry_(telemetry),
      store_(options_.consumer, database),
      inbox_(options_.inbox, store_, handler, clock, telemetry),
      letters_(options_.inbox.letters, options_.inbox.transaction_timeout, store_, handler, clock,
               telemetry) {}

Subscription::~Subscription() {
  Stop();
  consumer_.reset();  // Nothing wakes the thread any more: now it may go.
}

absl::Status Subscription::Start() {
  db::Database& database = store_.database();
  RETURN_IF_ERROR(database.Migrate("inbox", kMigrations));
  RETURN_IF_ERROR(store_.Register(clock_.Now(), database.clock().Now() + kStartTimeout));
  ASSIGN_OR_RETURN(const std::string identity, database.Identity());
  options_.delivery.durable.stream = options_.delivery.stream.name;
  options_.delivery.durable.name = options_.consumer;
  options_.delivery.durable.description = absl::StrCat("feeds database ", identity);
  consumer_ = std::make_unique<Consumer>(
      options_.delivery, inbox_, letters_, bus_, [this] { Wake(); }, clock_, telemetry_);
  absl::MutexLock lock(&mutex_);
  thread_ =
      std::make_shared<base::StepThread>(options_.consumer, [this] { return consumer_->Step(); });
  telemetry_.health.AddLiveness(
      "inbox", [thread = std::weak_ptr<base::StepThread>(thread_)]() -> absl::Status {
        const std::shared_ptr<base::StepThread> running = thread.lock();
        if (running == nullptr || running->SinceLastStep() < kHungAfter) return absl::OkStatus();
        return absl::UnavailableError("the consumer's step does not return");
      });
  return absl::OkStatus();
}

void Subscription::Stop() {
  std::shared_ptr<base::StepThread> thread;
  {
    absl::MutexLock lock(&mutex_);
    thread = std::exchange(thread_, nullptr);
  }
  if (thread != nullptr) thread->Stop();
}

Progress Subscription::GetProgress() const { return consumer_->GetProgress(); }

void Subscription::Wake() {
  absl::MutexLock lock(&mutex_);
  if (thread_ != nullptr) thread_->Wake();
}

}  // namespace tally::inbox
