#include "common/outbox/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/writer_test_case.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;
using testkit::StatusIs;

class WriterTest : public testing::TestWithParam<testkit::DatabaseKind>, protected WriterTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    MakeWriter();
  }
};
INSTANTIATE_ON_EVERY_DATABASE(WriterTest);

TEST_P(WriterTest, WritesAllThatWaitsInOneTransaction) {
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(SubmitKey(absl::StrCat("key", i)));
  EXPECT_EQ(writer_->Step(), absl::ZeroDuration());
  for (int i = 0; i < 100; ++i) {
    EXPECT_OK(answers[i]->status());
    EXPECT_EQ(answers[i]->sequence(), i + 1);
  }
  EXPECT_EQ(Counter("tally_writer_batches_total"), 1);
  EXPECT_EQ(writer_->Step(), absl::InfiniteDuration());
  ExpectNotesMatchEvents();
}

TEST_P(WriterTest, TellsTheRelayWhatWasCommitted) {
  Write("a");
  Write("b");
  const auto news = handover_.Take();
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_TRUE(news.begin()->second.opened);
  EXPECT_EQ(news.begin()->second.head, 2);
  EXPECT_THAT(news.begin()->second.events,
              ElementsAre(Field(&OutboxEvent::sequence, 1), Field(&OutboxEvent::sequence, 2)));
  writer_->Close(Soon());
  EXPECT_TRUE(handover_.Take().begin()->second.closed);
  EXPECT_THAT(Lanes(), ElementsAre(Field(&LaneRow::final_sequence, 2)));
}

TEST_P(WriterTest, AnswersARepetitionWithoutASecondEvent) {
  Write("a");
  const auto answer = SubmitKey("a");
  const auto twin = SubmitKey("b"), of_twin = SubmitKey("b");
  Settle();
  EXPECT_EQ(answer->sequence(), 1);
  EXPECT_EQ(twin->sequence(), 2);
  EXPECT_EQ(of_twin->sequence(), 2);
  EXPECT_EQ(CountEvents(), 2);
  ExpectNotesMatchEvents();
}

TEST_P(WriterTest, ABadCommandFailsAlone) {
  std::vector<std::shared_ptr<Answer>> good;
  for (int i = 0; i < 5; ++i) good.push_back(SubmitKey(absl::StrCat("before", i)));
  const auto bad = Submit({.key = "bad", .size = -1});
  for (int i = 0; i < 7; ++i) good.push_back(SubmitKey(absl::StrCat("after", i)));
  Settle();
  EXPECT_THAT(bad->status(), StatusIs(absl::StatusCode::kInvalidArgument));
  for (const auto& answer : good) EXPECT_OK(answer->status());
  EXPECT_EQ(CountNotes(), 12);
  EXPECT_GT(Counter("tally_writer_bisections_total"), 0);
  EXPECT_THAT(handler_.attempts(), Each(1)) << "nothing was written by those that failed";
  ExpectNotesMatchEvents();
}

TEST_P(WriterTest, ACommandWhoseStatementFailsTwiceFailsAlone) {
  const auto before = SubmitKey("before");
  const auto broken = Submit({.key = "broken", .broken_statement = true});
  const auto after = SubmitKey("after");
  EXPECT_GT(writer_->Step(), absl::ZeroDuration()) << "once may be the environment's fault";
  EXPECT_EQ(Counter("tally_writer_bisections_total"), 0);
  Settle();
  EXPECT_OK(before->status());
  EXPECT_OK(after->status());
  EXPECT_THAT(broken->status(), StatusIs(absl::StatusCode::kInternal));
  ExpectNotesMatchEvents();
}

TEST_P(WriterTest, AConflictIsTriedAgainAtOnceAndLooksFirst) {
  Write("opens the lane");
  handler_.AbortNext(3);
  const auto answer = SubmitKey("a");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(writer_->Step(), absl::ZeroDuration());
  EXPECT_OK(answer->status());
  EXPECT_THAT(handler_.attempts(), ElementsAre(1, 1, 2, 3, 4));
}

TEST_P(WriterTest, AConflictThatDoesNotEndIsBackedOffFrom) {
  handler_.AbortNext(100);
  const auto answer = Submit({.key = "a", .deadline = absl::Now() + absl::Seconds(1)});
  absl::Duration rest;
  for (int i = 0; i < 20 && rest == absl::ZeroDuration(); ++i) rest = writer_->Step();
  EXPECT_GT(rest, absl::ZeroDuration());
  EXPECT_FALSE(answer->given());
  EXPECT_EVENTUALLY(writer_->Step() == absl::InfiniteDuration(), kPatience);
  EXPECT_THAT(answer->status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(CountNotes(), 0);
}

TEST_P(WriterTest, WhatIsOverdueOrCancelledIsNeverWritten) {
  const auto overdue = Submit({.key = "overdue", .deadline = absl::Now() - absl::Seconds(1)});
  const auto cancelled = Submit({.key = "cancelled", .cancelled = std::make_shared<bool>(true)});
  const auto good = SubmitKey("good");
  Settle();
  EXPECT_THAT(overdue->status(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(cancelled->status(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_OK(good->status());
  EXPECT_EQ(CountNotes(), 1);
}

TEST_P(WriterTest, WhatNoLaneCouldBeOpenedForInTimeIsUnavailable) {
  ASSERT_OK(Change(sql::kHideLanes));
  const auto in_hand = Submit({.key = "a", .deadline = absl::Now() + absl::Milliseconds(200)});
  EXPECT_GT(writer_->Step(), absl::ZeroDuration());
  EXPECT_FALSE(in_hand->given());
  EXPECT_EVENTUALLY(writer_->Step() == absl::InfiniteDuration(), kPatience);
  EXPECT_THAT(in_hand->status(), StatusIs(absl::StatusCode::kUnavailable));
  const auto behind_it = Submit({.key = "b", .deadline = absl::Now()});
  EXPECT_EQ(writer_->Step(), absl::InfiniteDuration());
  EXPECT_THAT(behind_it->status(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_P(WriterTest, APausedWriterWakesAndWritesNothingToItsClosedLane) {
  Write("a");
  const std::string first = Lanes()[0].lane_id;
  ASSERT_OK(store_->Release({first}, Soon()));
  ASSERT_OK_AND_ASSIGN(const auto taken, NewStore("other").TakeOver(first, Soon()));
  ASSERT_TRUE(taken.has_value());

  const auto answer = SubmitKey("b");
  Settle();
  EXPECT_OK(answer->status());
  EXPECT_NE(answer->lane_id(), first);
  EXPECT_EQ(answer->sequence(), 1);
  EXPECT_THAT(Lanes(), ElementsAre(Field(&LaneRow::highest, 1), Field(&LaneRow::highest, 1)));
  ExpectNotesMatchEvents();
}

TEST_P(WriterTest, AWriterWhoseDatabaseWentBackInTimeClosesTheLaneWhereItIsAndOpensAnother) {
  Write("a");
  Write("b");
  const std::string first = Lanes()[0].lane_id;
  ASSERT_OK(Change(sql::kDeleteEventsFrom, {{"lane_id", first}, {"first", 2}}));
  const auto answer = SubmitKey("c");
  Settle();
  EXPECT_OK(answer->status());
  EXPECT_NE(answer->lane_id(), first);
  EXPECT_EQ(Lanes()[0].final_sequence, 1);
  EXPECT_EQ(handover_.Take()[first].head, 1);
}

TEST_P(WriterTest, BacksOffFromLanesThatAreLostAsSoonAsTheyAreOpened) {
  ASSERT_OK(Change(sql::kLoseNewLanes));
  SubmitKey("a");
  for (int attempt = 0; attempt < 3; ++attempt) EXPECT_GT(writer_->Step(), absl::ZeroDuration());
  EXPECT_THAT(Lanes(), SizeIs(3));
}

TEST_P(WriterTest, ClosingFinishesWhatIsLeft) {
  handler_.AbortNext(1000);
  const auto answer = SubmitKey("a");
  writer_->Step();
  writer_->Close(Soon());
  EXPECT_THAT(answer->status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Lanes(), ElementsAre(Field(&LaneRow::state, "closed")));
}

TEST_P(WriterTest, SeveralWritersAtOnceLeaveNoGapAndWriteNothingTwice) {
  constexpr int kWriters = 3, kKeys = 1000;
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 2 * kKeys; ++i) answers.push_back(SubmitKey(absl::StrCat("key", i / 2)));
  queue_.Close();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([this, writer = NewWriter()] {
      const absl::Time end = absl::Now() + kPatience;
      while (writer->Step() != absl::InfiniteDuration() && absl::Now() < end) {
      }
      writer->Close(Soon());
    });
  }
  threads.clear();
  for (const auto& answer : answers) EXPECT_OK(answer->status());
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(answers[2 * i]->lane_id(), answers[2 * i + 1]->lane_id());
    EXPECT_EQ(answers[2 * i]->sequence(), answers[2 * i + 1]->sequence());
  }
  EXPECT_EQ(CountEvents(), kKeys);
  EXPECT_THAT(Lanes(), Each(Field(&LaneRow::state, "closed")));
  ExpectNotesMatchEvents();
}

}  // namespace
}  // namespace tally::outbox
