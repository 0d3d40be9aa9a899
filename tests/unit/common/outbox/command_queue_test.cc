#include "common/outbox/command_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/outbox/stopping.h"
#include "tests/testkit/status_matchers.h"
#include "tests/unit/common/outbox/fake_command.h"

namespace tally::outbox {
namespace {

using testing::SizeIs;
using testkit::StatusIs;

class CommandQueueTest : public testing::Test {
 protected:
  absl::Status Push(size_t bytes) {
    std::unique_ptr<Command> command = std::make_unique<FakeCommand>(bytes);
    const absl::Status status = queue_.Push(absl::MakeSpan(&command, 1));
    EXPECT_EQ(command == nullptr, status.ok()) << "a refused command stays the caller's";
    return status;
  }

  telemetry::Metrics metrics_;
  CommandQueue queue_{3, 100, metrics_};
};

TEST_F(CommandQueueTest, RefusesMoreThanItsCount) {
  for (int i = 0; i < 3; ++i) EXPECT_OK(Push(1));
  EXPECT_THAT(Push(1), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(metrics_.AddGauge("tally_command_queue_depth", "").Value(), 3);
  EXPECT_THAT(queue_.Take(1, 1, 100), SizeIs(1));
  EXPECT_OK(Push(1));
}

TEST_F(CommandQueueTest, RefusesMoreThanItsBytes) {
  EXPECT_OK(Push(60));
  EXPECT_THAT(Push(41), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_OK(Push(40));
  EXPECT_THAT(queue_.Take(1, 1, 1000), SizeIs(1));
  EXPECT_OK(Push(60)) << "what was taken counts no more";
  EXPECT_THAT(Push(1), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(CommandQueueTest, TakesAGiantOnlyAlone) {
  EXPECT_OK(Push(1000));
  EXPECT_THAT(Push(1), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(queue_.Take(1, 10, 10), SizeIs(1));
}

TEST_F(CommandQueueTest, TakesOfSeveralAsManyAsItHasRoomForInTheirOrder) {
  EXPECT_OK(Push(10));
  std::vector<std::unique_ptr<Command>> commands;
  for (const size_t bytes : {20, 30, 40, 50}) {
    commands.push_back(std::make_unique<FakeCommand>(bytes));
  }
  EXPECT_THAT(queue_.Push(absl::MakeSpan(commands)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(commands[0], nullptr);
  EXPECT_EQ(commands[1], nullptr);
  EXPECT_EQ(commands[2]->bytes(), 40u);
  EXPECT_EQ(commands[3]->bytes(), 50u);
  const auto taken = queue_.Take(1, 10, 1000);
  ASSERT_THAT(taken, SizeIs(3));
  EXPECT_EQ(taken[2]->bytes(), 30u);
  EXPECT_OK(queue_.Push(absl::MakeSpan(commands).subspan(2)));
}

TEST_F(CommandQueueTest, GivesTheOldestFirstUpToTheLimits) {
  for (size_t bytes : {10, 20, 30}) EXPECT_OK(Push(bytes));
  const auto first = queue_.Take(1, 10, 30);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0]->bytes(), 10u);
  EXPECT_EQ(first[1]->bytes(), 20u);
  EXPECT_THAT(queue_.Take(1, 0, 30), SizeIs(0));
  EXPECT_THAT(queue_.Take(1, 10, 30), SizeIs(1));
  EXPECT_THAT(queue_.Take(1, 10, 30), SizeIs(0));
}

TEST_F(CommandQueueTest, GivesNothingWhileFewerWaitThanAreWanted) {
  EXPECT_OK(Push(1));
  EXPECT_THAT(queue_.Take(2, 10, 100), SizeIs(0));
  EXPECT_OK(Push(1));
  EXPECT_THAT(queue_.Take(2, 10, 100), SizeIs(2));
  EXPECT_OK(Push(1));
  queue_.Close();
  EXPECT_THAT(queue_.Take(2, 10, 100), SizeIs(1)) << "nothing comes any more";
}

TEST_F(CommandQueueTest, GivesOutWhatIsInsideAfterItWasClosed) {
  EXPECT_OK(Push(1));
  queue_.Close();
  EXPECT_TRUE(IsStopping(Push(1)));
  EXPECT_FALSE(queue_.Exhausted());
  EXPECT_THAT(queue_.Take(1, 10, 100), SizeIs(1));
  EXPECT_TRUE(queue_.Exhausted());
}

TEST_F(CommandQueueTest, WakesWhoWaits) {
  std::thread writer([&] { queue_.WaitForCommands(1, absl::Minutes(5)); });
  EXPECT_OK(Push(1));
  writer.join();
  std::thread second([&] { queue_.WaitForCommands(2, absl::Minutes(5)); });
  EXPECT_OK(Push(1));
  second.join();
  queue_.Take(1, 2, 2);
  std::thread last([&] { queue_.WaitForCommands(1, absl::Minutes(5)); });
  queue_.Close();
  last.join();
  CommandQueue empty(1, 1, metrics_);
  empty.WaitForCommands(1, absl::Milliseconds(1));
}

}  // namespace
}  // namespace tally::outbox
