#include "common/inbox/letter_retrier.h"

#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/bus/event.h"

namespace tally::inbox {
namespace {

// Live events wait meanwhile.
constexpr absl::Duration kRoundMax = absl::Seconds(1);

}  // namespace

LetterRetrier::LetterRetrier(LetterPolicy policy, absl::Duration transaction_timeout,
                             InboxStore& store, EventHandler& handler, base::Clock& clock,
                             telemetry::Telemetry& telemetry)
    : policy_(policy),
      transaction_timeout_(transaction_timeout),
      store_(store),
      handler_(handler),
      clock_(clock),
      retrying_(telemetry.metrics.AddGauge("tally_inbox_letters", "Events covered, not counted.",
                                           {{"state", "retrying"}})),
      dead_(telemetry.metrics.AddGauge("tally_inbox_letters", "Events covered, not counted.",
                                       {{"state", "dead"}})) {}

absl::StatusOr<LetterRetrier::Round> LetterRetrier::Retry(int limit) {
  Round round;
  const absl::Time began = clock_.Now();
  RETURN_IF_ERROR(WriteOwed());
  ASSIGN_OR_RETURN(Due due, FindDue(limit));
  for (const Letter& letter : due.letters) {
    RETURN_IF_ERROR(TryOne(letter));
    ++round.tried;
    if (clock_.Now() - began >= kRoundMax) break;
  }
  if (round.tried > 0) {
    ASSIGN_OR_RETURN(due, FindDue(0));
  }
  round.counts = due.counts;
  retrying_.Set(static_cast<double>(round.counts.retrying));
  dead_.Set(static_cast<double>(round.counts.dead));
  return round;
}

absl::StatusOr<LetterRetrier::Due> LetterRetrier::FindDue(int limit) {
  Due due;
  RETURN_IF_ERROR(store_.database().Run(
      db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(due.counts, store_.CountLetters(transaction));
        if (due.counts.retrying == 0 || limit == 0) return absl::OkStatus();
        ASSIGN_OR_RETURN(due.letters, store_.ListDueLetters(transaction, clock_.Now(), limit));
        return absl::OkStatus();
      }));
  return due;
}

absl::Status LetterRetrier::TryOne(const Letter& letter) {
  const absl::Time now = clock_.Now();
  Letter begun = letter;
  RecordBegin(policy_, now, begun);
  ASSIGN_OR_RETURN(const bool mine, Write(letter, begun));
  if (!mine || begun.state == LetterState::kDead) return absl::OkStatus();
  Fault fault = Fault::kDatabase;
  bool applied = false;
  const absl::Status status = store_.database().Run(
      db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(applied, Settle(transaction, begun, now, fault));
        return absl::OkStatus();
      });
  if (status.ok()) {
    if (applied) handler_.Committed();
    return status;
  }
  Letter failed = letter;
  RecordFailure(policy_, fault, status, clock_.Now(), absl::Uniform(random_, 0.0, 1.0), failed);
  owed_ = Owed{std::move(begun), std::move(failed)};
  return WriteOwed();
}

absl::StatusOr<bool> LetterRetrier::Write(const Letter& seen, const Letter& letter) {
  bool changed = false;
  RETURN_IF_ERROR(store_.database().Run(
      db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(changed, store_.UpdateLetter(transaction, seen, letter));
        return absl::OkStatus();
      }));
  return changed;
}

absl::Status LetterRetrier::WriteOwed() {
  if (!owed_.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(Write(owed_->seen, owed_->letter).status());
  owed_.reset();
  return absl::OkStatus();
}

absl::StatusOr<bool> LetterRetrier::Settle(db::Transaction& transaction, const Letter& begun,
                                           absl::Time now, Fault& fault) {
  const absl::StatusOr<bus::Event> event = bus::FromMessage(begun.message);
  if (begun.lane_id.has_value()) {
    const std::string source(begun.message.headers.Get("ce-source"));
    RETURN_IF_ERROR(store_.LockLanes(transaction, {{*begun.lane_id, source}}, now).status());
  }
  ASSIGN_OR_RETURN(const bool mine, store_.LockLetter(transaction, begun));
  if (!mine) return false;
  if (!event.ok()) {
    fault = Fault::kUndecodable;
    return event.status();
  }
  const EventHandler::Interest interest = handler_.InterestIn(event->type);
  if (interest == EventHandler::Interest::kUnknown) {
    fault = Fault::kUnknownType;
    return absl::UnimplementedError("unknown event type");
  }
  const bool apply = interest == EventHandler::Interest::kApply;
  if (apply) {
    const absl::Status applied = ApplyEvents(handler_, transaction, {&*event});
    if (!applied.ok()) fault = FaultOf(applied);
    RETURN_IF_ERROR(applied);
  }
  const absl::Status deleted = store_.DeleteLetter(transaction, begun.event_id);
  if (InboxStore::FailedByHandler(deleted)) fault = FaultOf(deleted);
  RETURN_IF_ERROR(deleted);
  return apply;
}

absl::Time LetterRetrier::Deadline() {
  return store_.database().clock().Now() + transaction_timeout_;
}

}  // namespace tally::inbox
