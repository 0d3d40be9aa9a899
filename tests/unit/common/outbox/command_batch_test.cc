#include "common/outbox/command_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/db/error.h"
#include "common/outbox/stopping.h"
#include "tests/testkit/status_matchers.h"
#include "tests/unit/common/outbox/fake_command.h"

namespace tally::outbox {
namespace {

using db::ErrorKind;
using testing::SizeIs;
using testkit::StatusIs;
using Next = CommandBatch::Next;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class CommandBatchTest : public testing::Test {
 protected:
  using End = std::shared_ptr<const FakeCommand::End>;

  End Add(absl::Time deadline = absl::InfiniteFuture(), bool cancelled = false) {
    auto command = std::make_unique<FakeCommand>(1, deadline, cancelled);
    End end = command->end();
    commands_.push_back(std::move(command));
    return end;
  }
  CommandBatch Batch() { return CommandBatch(std::move(commands_)); }
  CommandBatch BatchOf(int commands) {
    for (int i = 0; i < commands; ++i) Add();
    return Batch();
  }
  static absl::Status Error(ErrorKind kind) { return db::MakeError(kind, "XX000", "Statement"); }

  std::vector<std::unique_ptr<Command>> commands_;
};

TEST_F(CommandBatchTest, DataErrorsAreTheFaultOfACommand) {
  EXPECT_EQ(BatchOf(2).AttemptFailed(Error(ErrorKind::kData)), Next::kBisect);
  EXPECT_EQ(BatchOf(1).AttemptFailed(Error(ErrorKind::kData)), Next::kFail);
}

TEST_F(CommandBatchTest, ATakenKeyIsLookedForAFewTimesBeforeACommandIsBlamed) {
  for (const int commands : {1, 2}) {
    CommandBatch batch = BatchOf(commands);
    for (int attempt = 1; attempt <= 8; ++attempt) {
      EXPECT_EQ(batch.attempt(), attempt);
      EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kUnique)), Next::kRepeatAtOnce);
    }
    EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kUnique)),
              commands == 1 ? Next::kFail : Next::kBisect);
  }
}

TEST_F(CommandBatchTest, TheEnvironmentIsNobodysFaultHoweverOften) {
  CommandBatch batch = BatchOf(2);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kConnection)), Next::kRepeatLater);
    EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kRetry)), Next::kRepeatLater);
    EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kResources)), Next::kRepeatLater);
  }
  EXPECT_EQ(batch.attempt(), 301);
}

TEST_F(CommandBatchTest, AStatementsErrorIsBelievedTheSecondTimeInARow) {
  CommandBatch batch = BatchOf(2);
  EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kStatement)), Next::kRepeatLater);
  EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kConnection)), Next::kRepeatLater);
  EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kStatement)), Next::kRepeatLater);
  EXPECT_EQ(batch.AttemptFailed(Error(ErrorKind::kStatement)), Next::kBisect);
  const CommandBatch first = batch.SplitOff();
  EXPECT_EQ(batch.AttemptFailed(absl::InternalError("a handler's own")), Next::kRepeatLater);
  EXPECT_EQ(batch.AttemptFailed(absl::InternalError("a handler's own")), Next::kFail);
}

TEST_F(CommandBatchTest, ConflictsAreRepeatedAtOnceButNotForEver) {
  CommandBatch batch = BatchOf(2);
  int at_once = 0;
  while (batch.AttemptFailed(absl::AbortedError("conflict")) == Next::kRepeatAtOnce) ++at_once;
  EXPECT_EQ(at_once, 8);
  EXPECT_EQ(batch.AttemptFailed(absl::AbortedError("conflict")), Next::kRepeatLater);
}

TEST_F(CommandBatchTest, FinishesEveryCommandOnce) {
  const End a = Add(), b = Add();
  {
    CommandBatch batch = Batch();
    batch.Finish(absl::OkStatus());
    EXPECT_TRUE(batch.empty());
  }
  EXPECT_EQ(a->finished, 1);
  EXPECT_EQ(b->finished, 1);
  EXPECT_OK(a->status);
}

TEST_F(CommandBatchTest, WhatIsLeftAtTheEndIsToldThatTheProcessStops) {
  const End end = Add();
  { const CommandBatch destroyed = Batch(); }
  EXPECT_EQ(end->finished, 1);
  EXPECT_TRUE(IsStopping(end->status));
}

TEST_F(CommandBatchTest, SaysWhyACommandIsGivenUp) {
  const auto give_up = [&](const std::function<void(CommandBatch&)>& history, bool cancelled,
                           bool failing = false) {
    const End end = cancelled ? Add(absl::InfiniteFuture(), true) : Add(kNow);
    const End other = Add(kNow + absl::Seconds(1));
    CommandBatch batch = Batch();
    history(batch);
    batch.GiveUpOverdue(kNow, failing);
    EXPECT_THAT(batch.commands(), SizeIs(1));
    EXPECT_EQ(other->finished, 0);
    EXPECT_EQ(end->finished, 1);
    return end->status.code();
  };
  const auto fresh = [](CommandBatch&) {};
  const auto failed = [](CommandBatch& batch) {
    batch.AttemptFailed(Error(ErrorKind::kConnection));
  };
  const auto in_doubt = [](CommandBatch& batch) { batch.OutcomeUnknown(); };
  EXPECT_EQ(give_up(fresh, false), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(give_up(fresh, true), absl::StatusCode::kCancelled);
  EXPECT_EQ(give_up(fresh, false, true), absl::StatusCode::kUnavailable);
  EXPECT_EQ(give_up(fresh, true, true), absl::StatusCode::kCancelled);
  EXPECT_EQ(give_up(failed, false), absl::StatusCode::kUnavailable);
  EXPECT_EQ(give_up(failed, true), absl::StatusCode::kCancelled);
  EXPECT_EQ(give_up(in_doubt, false), absl::StatusCode::kUnknown);
  EXPECT_EQ(give_up(in_doubt, true), absl::StatusCode::kUnknown);
  EXPECT_EQ(give_up(in_doubt, false, true), absl::StatusCode::kUnknown);
}

TEST_F(CommandBatchTest, AFailureAfterACommitInDoubtSettlesNothing) {
  const End certain = Add();
  Batch().Fail(Error(ErrorKind::kStatement));
  EXPECT_THAT(certain->status, StatusIs(absl::StatusCode::kInternal));

  const End in_doubt = Add();
  CommandBatch batch = Batch();
  batch.OutcomeUnknown();
  batch.Fail(Error(ErrorKind::kStatement));
  EXPECT_THAT(in_doubt->status, StatusIs(absl::StatusCode::kUnknown));
}

TEST_F(CommandBatchTest, SplitsInOrderAndKeepsWhatIsKnown) {
  std::vector<End> ends;
  for (int i = 0; i < 5; ++i) ends.push_back(Add());
  CommandBatch batch = Batch();
  batch.OutcomeUnknown();
  {
    CommandBatch first = batch.SplitOff();
    EXPECT_EQ(first.attempt(), 2);
    EXPECT_THAT(first.commands(), SizeIs(2));
    EXPECT_THAT(batch.commands(), SizeIs(3));
    first.Fail(Error(ErrorKind::kData));
    EXPECT_EQ(ends[0]->finished + ends[1]->finished, 2);
  }
  { const CommandBatch destroyed = std::move(batch); }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ends[i]->finished, 1);
    EXPECT_THAT(ends[i]->status, StatusIs(absl::StatusCode::kUnknown));
  }
}

}  // namespace
}  // namespace tally::outbox
