// What comes again, because a process ended within its attempt.

#include <gtest/gtest.h>

#include <set>

#include "common/base/status_macros.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/receive_test_case.h"
#include "tests/testkit/deliveries.h"

namespace tally::inbox {
namespace {

using testkit::Deliver;
using testkit::Lane;
using testkit::MakeEvent;
using testkit::StatusIs;

int64_t SizeOf(const base::SequenceSet& set) {
  int64_t size = set.through();
  for (const base::SequenceRange range : set.ranges()) size += range.last - range.first + 1;
  return size;
}

// Deliveries that were delivered before.
std::vector<bus::Delivery> Again(std::vector<bus::Delivery> deliveries) {
  for (bus::Delivery& delivery : deliveries) delivery.delivery_count = 2;
  return deliveries;
}

class AgainTest : public ReceiveTest {
 protected:
  // As processes leave it that ended within their attempts at all of these together, or each alone.
  void Begin(int64_t first, int64_t last, bool alone = false) {
    Begun begun;
    begun.any.Add({first, last});
    if (alone) begun.alone = begun.any;
    ASSERT_OK(replica->database->Run(
        db::Mode::kWrite, replica->Deadline(), [&](db::Transaction& transaction) -> absl::Status {
          RETURN_IF_ERROR(
              replica->store.LockLanes(transaction, {{Lane(1), "tests"}}, absl::Now()).status());
          return replica->store.SaveBegun(transaction, {{Lane(1), begun}});
        }));
  }
  void Change(const db::Statement& statement) {
    ASSERT_OK(replica->database->Run(
        db::Mode::kWrite, replica->Deadline(),
        [&](db::Transaction& transaction) { return transaction.Execute(statement).status(); }));
  }
  LaneMark Mark() {
    LaneMark mark;
    replica->Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(const LaneMarks marks, replica->store.ReadMarks(transaction, {Lane(1)}));
      if (!marks.empty()) mark = marks.at(Lane(1));
      return absl::OkStatus();
    });
    return mark;
  }
};
INSTANTIATE_ON_EVERY_DATABASE(AgainTest);

TEST_P(AgainTest, WhatComesAgainIsAnnouncedBeforeItIsTried) {
  LaneMark seen;
  replica->handler.verdict = [&](db::Transaction&, const bus::Event&) {
    seen = Mark();
    return absl::OkStatus();
  };
  Receive(Sequences(1, 1, 3));
  EXPECT_EQ(seen.begun.any.highest(), 0) << "the first time costs no transaction of its own";
  Receive(Again(Sequences(1, 2, 10)));
  EXPECT_EQ(seen.begun.any.ranges(), (std::vector<base::SequenceRange>{{4, 10}}));
  EXPECT_EQ(seen.begun.alone, base::SequenceSet());
  EXPECT_EQ(replica->handler.calls, 2);
  EXPECT_EQ(replica->Counted().size(), 10u);
}

TEST_P(AgainTest, WhatDidNotSurviveTogetherIsTriedInParts) {
  Begin(1, 1280);
  std::set<int64_t> together;
  int64_t last = 0;
  replica->handler.verdict = [&](db::Transaction&, const bus::Event&) {
    together.insert(last = SizeOf(Mark().begun.any));
    return absl::OkStatus();
  };
  Receive(Again(Sequences(1, 1, 1290)));
  EXPECT_EQ(replica->handler.calls, 1 + 64);
  EXPECT_EQ(together, (std::set<int64_t>{10, 20}));
  EXPECT_EQ(last, 10) << "what nobody began goes last";
  EXPECT_EQ(replica->Counted().size(), 1290u);
}

TEST_P(AgainTest, WhatDidNotSurviveAloneIsALetterWithoutBeingTried) {
  Begin(5, 5, /*alone=*/true);
  const Inbox::Received received = Receive(Again(Sequences(1, 1, 10)));
  EXPECT_EQ(received.letters, 1);
  EXPECT_EQ(received.applied, 9);
  const std::string id = Lane(1) + "/5";
  EXPECT_FALSE(replica->Counted().contains(id));
  EXPECT_EQ(replica->Letters().at(id).attempts, 0);
  EXPECT_EQ(replica->Watermark(1), "10 []");
  replica->clock.Advance(absl::Seconds(1));
  EXPECT_OK(replica->letters.Retry(10));
  EXPECT_TRUE(replica->Counted().contains(id));
}

// Of what was begun together a part comes again first, and each of it is begun alone.
TEST_P(AgainTest, WhatWasBegunTogetherIsNotBlamedForWhatIsBegunAloneMeanwhile) {
  Begin(1, 100);
  Receive(Again(Sequences(1, 1, 10)));
  Receive(Again(Sequences(1, 11, 100)));
  EXPECT_TRUE(replica->Letters().empty());
  EXPECT_EQ(replica->Watermark(1), "100 []");
}

TEST_P(AgainTest, WhatWasBegunAloneIsBlamedWhateverElseIsBegunMeanwhile) {
  Begin(5, 5, /*alone=*/true);
  Receive(Again(Sequences(1, 6, 20)));
  Receive(Again(Sequences(1, 1, 5)));
  EXPECT_TRUE(replica->Letters().contains(Lane(1) + "/5"));
  EXPECT_EQ(replica->Letters().size(), 1u);
}

TEST_P(AgainTest, WhatWasBegunAloneKeepsItsBlameWhileTheDatabaseFails) {
  Begin(5, 5, /*alone=*/true);
  Change(fixture::sql::kHideLetters);
  EXPECT_FALSE(replica->Receive(Again(Sequences(1, 1, 10))).ok());
  Change(fixture::sql::kShowLetters);
  Receive(Again(Sequences(1, 1, 10)));
  EXPECT_TRUE(replica->Letters().contains(Lane(1) + "/5"));
}

TEST_P(AgainTest, WhileEverythingFailsNothingIsBlamedAndNothingStaysBegun) {
  replica->handler.verdict = [](db::Transaction&, const bus::Event&) {
    return absl::InternalError("the exchange rates are away");
  };
  Begin(1, 10);
  EXPECT_THAT(replica->Receive(Again(Sequences(1, 1, 10))),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Mark().begun.any.highest(), 0);
  EXPECT_TRUE(replica->Letters().empty());
}

TEST_P(AgainTest, OneThatFailsAmongThoseTriedAloneIsALetterLikeAnyOther) {
  Begin(1, 10);
  FailOn("poison", absl::InternalError("no"));
  std::vector<bus::Delivery> deliveries = Sequences(1, 1, 9);
  deliveries.push_back(Deliver(MakeEvent(1, 10, "poison")));
  const Inbox::Received received = Receive(Again(deliveries));
  EXPECT_EQ(received.applied, 9);
  EXPECT_EQ(replica->Letters().at(Lane(1) + "/10").attempts, 1);
}

// New events of the same hand are applied before: that they succeed shows whose fault it is.
TEST_P(AgainTest, OneWhoseStatementFailsIsALetterOnceOthersComeWithIt) {
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event& event) {
    if (event.sequence != 5) return absl::OkStatus();
    return transaction.Execute(fixture::sql::kNoSuchTable).status();
  };
  std::vector<bus::Delivery> deliveries = Again(Sequences(1, 5, 5));
  EXPECT_THAT(replica->Receive(deliveries), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(replica->Letters().empty());
  deliveries.push_back(Sequences(1, 6, 6).front());
  EXPECT_EQ(Receive(deliveries).applied, 1);
  EXPECT_TRUE(replica->Letters().contains(Lane(1) + "/5"));
}

}  // namespace
}  // namespace tally::inbox
