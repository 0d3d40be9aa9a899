#include "common/inbox/subscription.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/bus/topology.h"
#include "common/inbox/migrations.h"

namespace tally::inbox {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(10);
constexpr absl::Duration kSessionTimeout = absl::Seconds(5);
constexpr int kEndedByForce = 3;

InboxOptions WithGaps(InboxOptions options, decltype(InboxOptions::on_many_gaps) on_many_gaps) {
  options.on_many_gaps = std::move(on_many_gaps);
  return options;
}

// What is fetched comes again after a process ended, but nobody counts how often.
InboxOptions Announcing(InboxOptions options) {
  options.always_announce = true;
  return options;
}

std::function<void()> EndOf(const SubscriptionOptions& options) {
  if (options.end_process) return options.end_process;
  return [] { std::_Exit(kEndedByForce); };
}

}  // namespace

Subscription::Subscription(SubscriptionOptions options, db::Database& database, bus::Bus& bus,
                           EventHandler& handler, base::Clock& clock,
                           telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      bus_(bus),
      clock_(clock),
      telemetry_(telemetry),
      handler_(handler, options_.handler_time_max, EndOf(options_), telemetry.log),
      store_(options_.consumer, database),
      healing_(store_),
      inbox_(WithGaps(options_.inbox,
                      [this](const std::string& lane_id, const std::string& source) {
                        errands_.FillGaps(lane_id, source);
                        WakeHealer();
                      }),
             store_, handler_, clock, telemetry),
      healing_inbox_(Announcing(options_.inbox), store_, handler_, clock, telemetry),
      letters_(options_.inbox.letters, options_.inbox.transaction_timeout, store_, handler_, clock,
               telemetry),
      errands_(kSessionTimeout, healing_, clock),
      expiry_(options_.expiry, options_.consumer, database, clock, telemetry),
      sweeper_(
          {.what = "emptying old letters"}, [this] { return expiry_.Sweep(); }, clock, telemetry) {}

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
  options_.delivery.durable.description = bus::DescriptionOf(identity);
  consumer_ = std::make_unique<Consumer>(
      options_.delivery, inbox_, letters_, bus_, [this] { Wake(); }, clock_, telemetry_);
  watch_thread_ =
      std::make_shared<base::StepThread>("handler_watch", [this] { return handler_.Look(); });
  expiry_thread_ =
      std::make_shared<base::StepThread>("letter_expiry", [this] { return sweeper_.Step(); });
  Watch("handler_watch", watch_thread_);
  Watch("letter_expiry", expiry_thread_);
  StartHealing();
  absl::MutexLock lock(&mutex_);
  thread_ =
      std::make_shared<base::StepThread>(options_.consumer, [this] { return consumer_->Step(); });
  Watch("inbox", thread_);
  return absl::OkStatus();
}

void Subscription::Watch(const char* name, const std::shared_ptr<base::StepThread>& thread) {
  telemetry::AddThreadLiveness(telemetry_.health, name, thread, options_.step_time_max);
}

void Subscription::StartHealing() {
  if (options_.sources.empty()) return;
  producers_.reserve(options_.sources.size());
  for (const std::string& source : options_.sources) {
    producers_.emplace_back(source, options_.consumer, options_.answer_timeout, bus_, clock_);
  }
  for (Producer& producer : producers_) {
    fetchers_.emplace_back(producer, kSessionTimeout, healing_, healing_inbox_, clock_, telemetry_);
  }
  horizon_ = std::make_unique<Horizon>(options_.ask_every, producers_, healing_, clock_);
  healer_ =
      std::make_unique<Healer>(HealerOptions{.holder = base::UuidV7Source(clock_).Next().ToString(),
                                             .durable = options_.delivery.durable,
                                             .every = options_.heal_every,
                                             .yield_for = options_.heal_yield_for,
                                             .bus_timeout = options_.delivery.bus_timeout},
                               fetchers_, healing_, bus_, clock_, telemetry_);
  absl::MutexLock lock(&mutex_);
  healer_thread_ = std::make_shared<base::StepThread>("healer", [this] { return Heal(); });
  Watch("healer", healer_thread_);
}

absl::Duration Subscription::Heal() {
  errands_.Run(fetchers_);
  const absl::Duration rest = healer_->Step();
  return std::min(rest, horizon_->Step());
}

void Subscription::Stop() {
  std::shared_ptr<base::StepThread> thread;
  std::shared_ptr<base::StepThread> healer_thread;
  {
    absl::MutexLock lock(&mutex_);
    thread = std::exchange(thread_, nullptr);
    healer_thread = std::exchange(healer_thread_, nullptr);
  }
  if (thread != nullptr) thread->Stop();
  if (expiry_thread_ != nullptr) expiry_thread_->Stop();
  if (healer_thread != nullptr) {
    healer_thread->Stop();
    healer_->Stop();
  }
  if (watch_thread_ != nullptr) watch_thread_->Stop();
}

Progress Subscription::GetProgress() const {
  // Asked first: what is recorded after it only makes the rest look later.
  const Horizon::State horizon = horizon_ == nullptr ? Horizon::State() : horizon_->Get();
  const ConsumerProgress stream = GetConsumerProgress();
  return {.connected = stream.connected,
          .as_of = horizon_ == nullptr ? stream.as_of : horizon.as_of,
          .producers_answered = horizon.answered,
          .behind_producers = horizon.behind,
          .pending = stream.pending,
          .letters_retrying = stream.letters_retrying,
          .letters_dead = stream.letters_dead};
}

bool Subscription::Inquire(const std::string& lane_id, int64_t sequence) {
  if (healer_ == nullptr || !errands_.Inquire(lane_id, sequence)) return false;
  WakeHealer();
  return true;
}

void Subscription::Wake() {
  absl::MutexLock lock(&mutex_);
  if (thread_ != nullptr) thread_->Wake();
}

void Subscription::WakeHealer() {
  absl::MutexLock lock(&mutex_);
  if (healer_thread_ != nullptr) healer_thread_->Wake();
}

}  // namespace tally::inbox
