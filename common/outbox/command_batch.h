#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/outbox/command.h"

namespace tally::outbox {

// Commands that a writer writes together, and what their attempts so far say about the next one.
// Finishes what is left of them when it is destroyed without having been finished
// (StoppingError, or UNKNOWN when in doubt). Pure; not thread-safe.
class CommandBatch {
 public:
  // What to do after a failed attempt.
  enum class Next {
    kRepeatAtOnce,
    kRepeatLater,  // it is the environment's fault: after a back-off
    kBisect,       // it may be the fault of one of them
    kFail,         // it is the fault of the only one
  };

  explicit CommandBatch(std::vector<std::unique_ptr<Command>> commands);
  CommandBatch(CommandBatch&&) noexcept = default;
  CommandBatch& operator=(CommandBatch&&) = delete;
  ~CommandBatch();

  absl::Span<Command* const> commands() const { return view_; }
  bool empty() const { return view_.empty(); }
  int attempt() const { return attempt_; }

  // The COMMIT of an attempt may or may not have happened.
  void OutcomeUnknown();
  // Every other failure; nothing of the attempt was written.
  Next AttemptFailed(const absl::Status& status);

  // Finishes the commands that nobody waits for any more. `failing`: nothing can be written at the
  // moment, so it was not a short deadline that kept a command from being written.
  void GiveUpOverdue(absl::Time now, bool failing);
  void Finish(const absl::Status& status);
  // Nothing of the last attempt was written; UNKNOWN when an earlier one is in doubt: this one may
  // have failed before it could look.
  void Fail(const absl::Status& status);

  // Takes the first half away. At least two commands.
  CommandBatch SplitOff();

 private:
  Next Judge(const absl::Status& status, Next blame);
  absl::Status WhyGivenUp(const Command& command, absl::Time now, bool failing) const;

  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Command*> view_;
  int attempt_ = 1;
  bool in_doubt_ = false;
  int conflicts_ = 0;         // in a row
  int statement_errors_ = 0;  // in a row
};

}  // namespace tally::outbox
