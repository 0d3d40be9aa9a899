#include "common/inbox/consumer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace tally::inbox {
namespace {

constexpr absl::Duration kAskEveryIdle = absl::Milliseconds(500);
constexpr absl::Duration kAskEveryBusy = absl::Seconds(1);

}  // namespace

Consumer::Consumer(ConsumerOptions options, Inbox& inbox, LetterRetrier& letters, bus::Bus& bus,
                   bus::Waker waker, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      inbox_(inbox),
      letters_(letters),
      bus_(bus),
      waker_(std::move(waker)),
      clock_(clock),
      log_(telemetry.log),
      lag_seconds_(telemetry.metrics.AddGauge(
          "tally_consumer_lag_seconds", "Age of the time up to which the stream is covered.")),
      pending_(telemetry.metrics.AddGauge("tally_consumer_pending",
                                          "Events in the stream that are not covered yet.")),
      stalled_(telemetry.metrics.AddGauge("tally_consumer_stalled",
                                          "1 while the consumer backs off and takes nothing.")),
      declarer_(options_.stream, options_.durable, bus, clock, telemetry),
      batch_max_(options_.batch_max),
      backoff_(options_.backoff) {}

absl::Duration Consumer::Step() {
  const absl::Time now = clock_.Now();
  absl::Duration rest = stalled_for_.Left(now);
  if (stalled_for_.Over(now)) {
    const absl::StatusOr<absl::Duration> consumed = Consume();
    if (!consumed.ok()) Stall(consumed.status());
    // An empty hand does not tell that the inbox works again: what it failed on comes back later.
    if (consumed.ok() && !inbox_fails_) GoOn();
    rest = consumed.ok() ? *consumed : stalled_for_.Left(clock_.Now());
  }
  const bool letters = !inbox_fails_ && letters_rest_.Over(now) && TendLetters(now);
  return letters ? absl::ZeroDuration() : rest;
}

ConsumerProgress Consumer::GetProgress() const {
  absl::MutexLock lock(&mutex_);
  ConsumerProgress progress = progress_;
  progress.connected = progress.connected && bus_.Connected();
  return progress;
}

absl::StatusOr<absl::Duration> Consumer::Consume() {
  if (letters_retrying_ > options_.letters_retrying_max) {
    return absl::ResourceExhaustedError("too many letters wait to be tried again");
  }
  if (pull_ == nullptr) RETURN_IF_ERROR(Attach());
  absl::StatusOr<std::vector<bus::Delivery>> taken =
      pull_->Take(batch_max_, options_.batch_bytes_max);
  if (absl::IsNotFound(taken.status())) Detach();
  if (!taken.ok()) return taken.status();
  in_hand_ = *std::move(taken);
  if (in_hand_.empty()) {
    AskHowFar(/*idle=*/true);
    return kAskEveryIdle;
  }
  RETURN_IF_ERROR(Settle());
  AskHowFar(/*idle=*/false);
  return absl::ZeroDuration();
}

absl::Status Consumer::Attach() {
  if (feeds_another_) RETURN_IF_ERROR(CheckDurable(clock_.Now() + options_.bus_timeout).status());
  RETURN_IF_ERROR(declarer_.Declare(options_.bus_timeout));
  declared_for_.Begin(clock_.Now(), options_.declare_every);
  const absl::Time deadline = clock_.Now() + options_.bus_timeout;
  ASSIGN_OR_RETURN(const bus::StreamState stream_state,
                   bus_.GetStreamState(options_.stream.name, deadline));
  ASSIGN_OR_RETURN(const bus::DurableState durable_state, CheckDurable(deadline));
  stream_created_ = stream_state.created;
  durable_created_ = durable_state.created;
  freshness_.Restart();
  pull_ = bus_.NewPullConsumer({.stream = options_.durable.stream,
                                .durable = options_.durable.name,
                                .prefetch = options_.prefetch,
                                .waker = waker_});
  absl::MutexLock lock(&mutex_);
  progress_.connected = true;
  return absl::OkStatus();
}

void Consumer::Detach() {
  pull_.reset();
  in_hand_.clear();
  absl::MutexLock lock(&mutex_);
  progress_.connected = false;
}

absl::StatusOr<bus::DurableState> Consumer::CheckDurable(absl::Time deadline) {
  ASSIGN_OR_RETURN(bus::DurableState durable,
                   bus_.GetDurableState(options_.durable.stream, options_.durable.name, deadline));
  feeds_another_ = durable.description != options_.durable.description;
  if (!feeds_another_) return durable;
  return absl::FailedPreconditionError(absl::StrCat(
      "durable ", options_.durable.name, " ",
      durable.description.empty() ? "names no database" : durable.description, ", and this one ",
      options_.durable.description,
      ": taking from it would withhold its events from that one; if it is to be taken over, run "
      "`tally provision --adopt`"));
}

absl::Status Consumer::Settle() {
  absl::Time extended = clock_.Now();
  const auto still_working = [&] {
    const absl::Time now = clock_.Now();
    if (now - extended < options_.durable.ack_wait / 3) return;
    pull_->InProgress(in_hand_);
    extended = now;
  };
  const absl::StatusOr<Inbox::Received> received =
      inbox_.Receive(in_hand_, stream_created_, still_working);
  inbox_fails_ = !received.ok();
  batch_max_ = inbox_fails_ ? std::max<size_t>(1, in_hand_.size() / 2)
                            : std::min(options_.batch_max, batch_max_ * 2);
  RETURN_IF_ERROR(received.status());
  pull_->Ack(in_hand_);
  letters_retrying_ += received->letters;
  const auto last = std::max_element(in_hand_.begin(), in_hand_.end(),
                                     [](const bus::Delivery& a, const bus::Delivery& b) {
                                       return a.stream_sequence < b.stream_sequence;
                                     });
  freshness_.Covered(last->stream_sequence, last->stored_time);
  in_hand_.clear();
  return absl::OkStatus();
}

void Consumer::AskHowFar(bool idle) {
  const absl::Time now = clock_.Now();
  if (now >= asked_ && now - asked_ < (idle ? kAskEveryIdle : kAskEveryBusy)) return;
  if (now < asked_) freshness_ = Freshness();  // the clock was set back
  asked_ = now;
  const absl::StatusOr<bus::DurableState> durable = CheckDurable(now + options_.bus_timeout);
  if (feeds_another_) return Detach();
  if (!durable.ok()) return;  // Taking will tell.
  if (durable->created != durable_created_) return Detach();
  freshness_.Saw(now, *durable);
  if (durable->pending == 0 && durable->ack_pending == 0) inbox_fails_ = false;
  Show(*durable);
  if (!declared_for_.Over(now)) return;
  declared_for_.Begin(now, options_.declare_every);
  declarer_.Declare(options_.bus_timeout).IgnoreError();
}

bool Consumer::TendLetters(absl::Time now) {
  const absl::StatusOr<LetterRetrier::Round> round = letters_.Retry(options_.letters_at_once);
  const bool more = round.ok() && round->tried == options_.letters_at_once && in_hand_.empty();
  letters_rest_.Begin(now, more ? absl::ZeroDuration() : options_.letters_every);
  if (!round.ok()) return false;
  letters_retrying_ = round->counts.retrying;
  absl::MutexLock lock(&mutex_);
  progress_.letters_retrying = round->counts.retrying;
  progress_.letters_dead = round->counts.dead;
  return more;
}

void Consumer::Stall(const absl::Status& why) {
  const absl::Duration pause = backoff_.Next();
  stalled_for_.Begin(clock_.Now(), pause);
  if (pull_ != nullptr) pull_->Nak(in_hand_, pause);
  in_hand_.clear();
  stalled_.Set(1);
  if (stalled_by_.code() != why.code()) {
    log_.Warning("consumer stalled", {{"durable", options_.durable.name}, {"error", why}});
  }
  absl::MutexLock lock(&mutex_);
  if (stalled_by_.ok()) progress_.stalled_since = clock_.Now();
  progress_.stalled_by = stalled_by_ = why;
  progress_.feeds_another = feeds_another_ && absl::IsFailedPrecondition(why);
  progress_.suspended = absl::IsResourceExhausted(why) || (inbox_fails_ && bus_.Connected());
}

void Consumer::GoOn() {
  if (stalled_by_.ok()) return;
  log_.Info("consumer goes on", {{"durable", options_.durable.name}});
  stalled_by_ = absl::OkStatus();
  backoff_.Reset();
  stalled_.Set(0);
  absl::MutexLock lock(&mutex_);
  progress_.stalled_by = absl::OkStatus();
  progress_.stalled_since = absl::InfiniteFuture();
  progress_.feeds_another = false;
  progress_.suspended = false;
}

void Consumer::Show(const bus::DurableState& durable) {
  const int64_t pending = durable.pending + durable.ack_pending;
  pending_.Set(static_cast<double>(pending));
  const absl::Time as_of = freshness_.as_of();
  if (as_of != absl::InfinitePast()) {
    lag_seconds_.Set(absl::ToDoubleSeconds(clock_.Now() - as_of));
  }
  absl::MutexLock lock(&mutex_);
  progress_.as_of = as_of;
  progress_.pending = pending;
}

}  // namespace tally::inbox
