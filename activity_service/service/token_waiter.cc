#include "activity_service/service/token_waiter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "activity_service/service/read_error.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/rpc/errors.h"
#include "common/telemetry/thread_liveness.h"

namespace tally::activity {
namespace {

using Coverage = inbox::InboxStore::Coverage;

constexpr absl::Duration kSessionTimeout = absl::Seconds(1);
constexpr int kRestFactor = 4;  // asking takes a fifth of the time at most

absl::Status NeverCounted(const char* reason, const char* message) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

std::optional<absl::Status> OutcomeOf(Coverage coverage) {
  switch (coverage) {
    case Coverage::kNotCovered:
    case Coverage::kRetrying:
      return std::nullopt;
    case Coverage::kParked:
      return NeverCounted("EVENT_PARKED",
                          "the bus refused the event; an operator of its producer has to decide");
    case Coverage::kCounted:
      return absl::OkStatus();
    case Coverage::kDead:
      return NeverCounted("EVENT_DEAD",
                          "the event could not be applied; an operator has to redrive it");
    case Coverage::kDiscarded:
    case Coverage::kSkipped:
      return NeverCounted("EVENT_DISCARDED", "an operator gave the event up; it is never counted");
  }
  return std::nullopt;
}

}  // namespace

TokenWaiter::TokenWaiter(TokenWaiterOptions options, inbox::InboxStore& store, base::Clock& clock,
                         telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      waiting_(telemetry.metrics.AddGauge("tally_token_waits",
                                          "Calls that wait until an event is counted.")),
      thread_(std::make_shared<base::StepThread>("token_waiter", [this] { return Step(); })) {
  telemetry::AddThreadLiveness(telemetry.health, "token_waiter", thread_);
}

TokenWaiter::~TokenWaiter() {
  thread_->Stop();
  TakeArrived();
  for (Pending& wait : waits_) {
    wait.outcome = rpc::Unavailable("STOPPING", "the service stops", absl::Seconds(1));
  }
  EndSettled();
}

void TokenWaiter::Wait(const base::ConsistencyToken& token, const rpc::Call& call, Done done) {
  const absl::Time deadline = std::min(call.deadline(), clock_.Now() + options_.wait_max);
  absl::ReleasableMutexLock lock(&mutex_);
  if (total_ >= options_.waits_max) {
    lock.Release();
    return done(rpc::ResourceExhausted(
        "TOO_MANY_WAITS", "too many calls wait for an event to be counted", absl::Seconds(1)));
  }
  arrived_.push_back(
      {token, &call, deadline, std::move(done), base::MonotonicNow() + options_.inquire_every});
  waiting_.Set(static_cast<double>(++total_));
  lock.Release();
  thread_->Wake();
}

absl::Duration TokenWaiter::Step() {
  const size_t known = TakeArrived();
  if (waits_.empty()) return base::StepThread::kMaxWait;
  const absl::Duration began = base::MonotonicNow();
  // Every arrival wakes this thread: those that were asked for lately are left out.
  const bool whole_round = began >= next_round_;
  const absl::Span<Pending> asked =
      absl::MakeSpan(waits_).subspan(whole_round ? 0 : std::min(known, waits_.size()));
  const absl::Status status = AskDatabase(asked);
  if (!status.ok()) {
    for (Pending& wait : asked) wait.outcome = ReadError(status);
  }
  AskProducers(began);
  for (Pending& wait : waits_) AskCall(wait);
  EndSettled();

  const absl::Duration now = base::MonotonicNow();
  if (whole_round) {
    next_round_ = now + std::max(options_.poll_interval, kRestFactor * (now - began));
  }
  return waits_.empty() ? base::StepThread::kMaxWait : next_round_ - now;
}

size_t TokenWaiter::TakeArrived() {
  const size_t known = waits_.size();
  absl::MutexLock lock(&mutex_);
  std::move(arrived_.begin(), arrived_.end(), std::back_inserter(waits_));
  arrived_.clear();
  return known;
}

absl::Status TokenWaiter::AskDatabase(absl::Span<Pending> waits) {
  if (waits.empty()) return absl::OkStatus();
  return store_.database().Run(
      db::Mode::kRead, clock_.Now() + kSessionTimeout, [&](db::Transaction& transaction) {
        for (Pending& wait : waits) {
          ASSIGN_OR_RETURN(
              const Coverage coverage,
              store_.Find(transaction, wait.token.lane_id.ToString(), wait.token.sequence));
          wait.outcome = OutcomeOf(coverage);
        }
        return absl::OkStatus();
      });
}

void TokenWaiter::AskProducers(absl::Duration now) {
  if (!options_.inquire) return;
  for (Pending& wait : waits_) {
    if (wait.outcome.has_value() || now < wait.inquire_at) continue;
    wait.inquire_at = now + options_.inquire_every;
    options_.inquire(wait.token.lane_id.ToString(), wait.token.sequence);
  }
}

void TokenWaiter::AskCall(Pending& wait) const {
  if (wait.outcome.has_value()) return;
  if (wait.call->Cancelled()) {
    wait.outcome = absl::CancelledError("");
  } else if (clock_.Now() >= wait.deadline) {
    wait.outcome = rpc::Error(absl::StatusCode::kDeadlineExceeded, "NOT_COUNTED_YET",
                              "the event that consistency_token names is not counted yet");
  }
}

void TokenWaiter::EndSettled() {
  const auto settled = std::partition(
      waits_.begin(), waits_.end(), [](const Pending& wait) { return !wait.outcome.has_value(); });
  std::vector<Pending> ended(std::make_move_iterator(settled),
                             std::make_move_iterator(waits_.end()));
  waits_.erase(settled, waits_.end());
  {
    absl::MutexLock lock(&mutex_);
    total_ -= ended.size();
    waiting_.Set(static_cast<double>(total_));
  }
  for (Pending& wait : ended) wait.done(*wait.outcome);
}

}  // namespace tally::activity
