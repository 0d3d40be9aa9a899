#include "common/outbox/command_batch.h"

#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/db/error.h"
#include "common/outbox/stopping.h"

namespace tally::outbox {
namespace {

// Conflicts with other writers that are tried again without a pause.
constexpr int kConflictsAtOnce = 8;

std::vector<Command*> View(const std::vector<std::unique_ptr<Command>>& commands) {
  std::vector<Command*> view;
  view.reserve(commands.size());
  for (const auto& command : commands) view.push_back(command.get());
  return view;
}

}  // namespace

CommandBatch::CommandBatch(std::vector<std::unique_ptr<Command>> commands)
    : commands_(std::move(commands)), view_(View(commands_)) {}

CommandBatch::~CommandBatch() { Fail(StoppingError()); }

void CommandBatch::OutcomeUnknown() {
  in_doubt_ = true;
  ++attempt_;
}

CommandBatch::Next CommandBatch::AttemptFailed(const absl::Status& status) {
  const Next blame = view_.size() > 1 ? Next::kBisect : Next::kFail;
  const Next next = Judge(status, blame);
  if (next != blame) ++attempt_;
  return next;
}

CommandBatch::Next CommandBatch::Judge(const absl::Status& status, Next blame) {
  switch (db::KindOf(status)) {
    case db::ErrorKind::kUnique:
      return ++conflicts_ <= kConflictsAtOnce ? Next::kRepeatAtOnce : blame;
    case db::ErrorKind::kData:
      return blame;
    case db::ErrorKind::kConnection:
    case db::ErrorKind::kRetry:
    case db::ErrorKind::kResources:
    case db::ErrorKind::kUnknownOutcome:
      statement_errors_ = 0;
      return Next::kRepeatLater;
    case db::ErrorKind::kNone:
      if (absl::IsAborted(status)) {
        return ++conflicts_ <= kConflictsAtOnce ? Next::kRepeatAtOnce : Next::kRepeatLater;
      }
      break;
    case db::ErrorKind::kStatement:
      break;
  }
  return ++statement_errors_ < 2 ? Next::kRepeatLater : blame;
}

absl::Status CommandBatch::WhyGivenUp(const Command& command, absl::Time now, bool failing) const {
  const bool overdue = command.deadline() <= now;
  if (!overdue && !command.cancelled()) return absl::OkStatus();
  if (in_doubt_) return absl::UnknownError("the outcome of a commit could not be settled in time");
  if (!overdue) return absl::CancelledError("cancelled before it was written");
  if (attempt_ > 1 || failing)
    return absl::UnavailableError("the database did not take it in time");
  return absl::DeadlineExceededError("the deadline passed before it was written");
}

void CommandBatch::GiveUpOverdue(absl::Time now, bool failing) {
  std::vector<std::unique_ptr<Command>> kept;
  for (auto& command : commands_) {
    const absl::Status why = WhyGivenUp(*command, now, failing);
    if (why.ok()) {
      kept.push_back(std::move(command));
    } else {
      command->Finish(why);
    }
  }
  commands_ = std::move(kept);
  view_ = View(commands_);
}

void CommandBatch::Finish(const absl::Status& status) {
  view_.clear();
  for (const auto& command : commands_) command->Finish(status);
  commands_.clear();
}

void CommandBatch::Fail(const absl::Status& status) {
  Finish(in_doubt_ ? absl::UnknownError(absl::StrCat(
                         "the outcome of a commit could not be settled: ", status.message()))
                   : status);
}

CommandBatch CommandBatch::SplitOff() {
  TALLY_CHECK(commands_.size() >= 2);
  const auto middle = commands_.begin() + static_cast<ptrdiff_t>(commands_.size() / 2);
  CommandBatch first({std::make_move_iterator(commands_.begin()), std::make_move_iterator(middle)});
  first.attempt_ = attempt_;
  first.in_doubt_ = in_doubt_;
  commands_.erase(commands_.begin(), middle);
  view_ = View(commands_);
  conflicts_ = 0;
  statement_errors_ = 0;
  return first;
}

}  // namespace tally::outbox
