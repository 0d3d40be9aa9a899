#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "common/db/error.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/receive_test_case.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::_;
using testing::Each;
using testing::Pair;
using testing::SizeIs;
using testkit::Deliver;
using testkit::DeliverTogether;
using testkit::Lane;
using testkit::MakeEvent;
using testkit::StatusIs;

INSTANTIATE_ON_EVERY_DATABASE(ReceiveTest);

TEST_P(ReceiveTest, CountsABatchAndRemembersIt) {
  const Inbox::Received received = Receive(Sequences(1, 1, 2000));
  EXPECT_EQ(received.applied, 2000);
  EXPECT_EQ(replica->handler.calls, 1);
  EXPECT_THAT(replica->Counted(), SizeIs(2000));
  EXPECT_EQ(replica->Watermark(1), "2000 []");
}

TEST_P(ReceiveTest, TellsTheHandlerOfEachCommitOfWhatItApplied) {
  Receive(Sequences(1, 1, 10));
  EXPECT_EQ(replica->handler.commits, 1);
  Receive(Sequences(1, 1, 10));  // seen before
  EXPECT_EQ(replica->handler.commits, 1);
  FailOn("1", absl::InternalError("no"));
  ASSERT_FALSE(replica->Receive(Sequences(1, 11, 20)).ok());
  EXPECT_EQ(replica->handler.commits, 1);
}

TEST_P(ReceiveTest, DropsWhatComesAgain) {
  Receive(Sequences(1, 1, 10));
  const Inbox::Received again = Receive(Sequences(1, 6, 15));
  EXPECT_EQ(again.applied, 5);
  EXPECT_EQ(again.duplicates, 5);
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(15), Each(Pair(_, 1))));
}

TEST_P(ReceiveTest, DropsWhatComesTwiceInOneBatch) {
  std::vector<bus::Delivery> batch = Sequences(1, 1, 5);
  batch.push_back(batch[2]);
  EXPECT_EQ(Receive(batch).duplicates, 1);
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(5), Each(Pair(_, 1))));
}

TEST_P(ReceiveTest, CountsEachEventOfAMessageOfSeveralOnce) {
  const std::vector<std::string> ten(10, "1");
  EXPECT_EQ(Receive({DeliverTogether(1, 1, ten), Deliver(MakeEvent(1, 11))}).applied, 11);
  const Inbox::Received again =
      Receive({DeliverTogether(1, 8, ten), Deliver(MakeEvent(1, 3)), DeliverTogether(1, 1, ten)});
  EXPECT_EQ(again.applied, 6) << "cut in other places than before";
  EXPECT_EQ(again.duplicates, 4 + 1 + 10);
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(17), Each(Pair(_, 1))));
  EXPECT_EQ(replica->Watermark(1), "17 []");
}

TEST_P(ReceiveTest, OneBadEventOfAMessageOfSeveralFailsAlone) {
  FailOn("poison", absl::InternalError("no"));
  const Inbox::Received received = Receive({DeliverTogether(1, 1, {"1", "poison", "1", "1"})});
  EXPECT_EQ(received.applied, 3);
  EXPECT_EQ(received.letters, 1);
  EXPECT_EQ(replica->Letters().at(Lane(1) + "/2").state, "retrying");
  EXPECT_EQ(replica->Watermark(1), "4 []");

  replica->handler.verdict = nullptr;
  replica->clock.Advance(absl::Seconds(1));
  ASSERT_OK_AND_ASSIGN(const LetterRetrier::Round round, replica->letters.Retry(10));
  EXPECT_EQ(round.tried, 1);
  EXPECT_EQ(replica->Counted().at(Lane(1) + "/2"), 1);
}

TEST_P(ReceiveTest, AMessageOfSeveralThatCannotBeReadIsOneDeadLetter) {
  bus::Delivery damaged = DeliverTogether(1, 1, {"1", "1"}, 77);
  damaged.message.payload.pop_back();
  EXPECT_EQ(Receive({damaged, Deliver(MakeEvent(1, 3))}).letters, 1);
  EXPECT_EQ(replica->Letters().at("42#77").state, "dead");
  EXPECT_EQ(replica->Watermark(1), "0 [3]");
}

TEST_P(ReceiveTest, TakesEventsOutOfOrderAndLate) {
  Receive(Sequences(1, 4, 6));
  EXPECT_EQ(replica->Watermark(1), "0 [4-6]");
  Receive(Sequences(1, 9, 9));
  EXPECT_EQ(replica->Watermark(1), "0 [4-6,9]");
  Receive(Sequences(1, 1, 3));
  EXPECT_EQ(replica->Watermark(1), "6 [9]");
  Receive(Sequences(1, 1, 9));
  EXPECT_EQ(replica->Watermark(1), "9 []");
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(9), Each(Pair(_, 1))));
}

TEST_P(ReceiveTest, CountsOnceInAnyOrderWithRepetitions) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  std::vector<bus::Delivery> all;
  for (int lane = 1; lane <= 4; ++lane) {
    for (const bus::Delivery& delivery : Sequences(lane, 1, 100)) {
      for (size_t copies = 1 + random() % 3; copies > 0; --copies) all.push_back(delivery);
    }
  }
  std::shuffle(all.begin(), all.end(), random);
  for (size_t from = 0; from < all.size();) {
    const size_t count = std::min(all.size() - from, size_t{1} + random() % 60);
    Receive({all.begin() + from, all.begin() + from + count});
    from += count;
  }
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(400), Each(Pair(_, 1))));
  for (int lane = 1; lane <= 4; ++lane) EXPECT_EQ(replica->Watermark(lane), "100 []");
}

TEST_P(ReceiveTest, TheLaneIsKnownAgainAfterARestart) {
  Receive(Sequences(1, 1, 10));
  Inbox restarted({}, replica->store, replica->handler, replica->clock, replica->telemetry);
  ASSERT_OK_AND_ASSIGN(const Inbox::Received received,
                       restarted.Receive(Sequences(1, 1, 10), absl::UnixEpoch(), [] {}));
  EXPECT_EQ(received.duplicates, 10);
}

TEST_P(ReceiveTest, CoversWhatIsNoneOfItsBusinessWithoutALetter) {
  EXPECT_EQ(Receive({Deliver(MakeEvent(1, 1, "", "ignored"))}).ignored, 1);
  EXPECT_EQ(replica->Watermark(1), "1 []");
  EXPECT_THAT(replica->Letters(), SizeIs(0));
  EXPECT_EQ(replica->handler.calls, 0);
}

TEST_P(ReceiveTest, FindsOnePoisonInAThousandAndCountsTheRest) {
  std::vector<bus::Delivery> batch = Sequences(1, 1, 1000);
  batch[665] = Deliver(MakeEvent(1, 666, "poison"));
  FailOn("poison", absl::InternalError("division by zero"));
  int pauses = 0;
  ASSERT_OK_AND_ASSIGN(const Inbox::Received received,
                       replica->inbox.Receive(batch, absl::UnixEpoch(), [&] { ++pauses; }));
  EXPECT_EQ(received.applied, 999);
  EXPECT_EQ(received.letters, 1);
  EXPECT_EQ(received.duplicates, 0);
  EXPECT_LE(replica->handler.calls, 25);
  EXPECT_GE(pauses, 5);
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(999), Each(Pair(_, 1))));
  EXPECT_EQ(replica->Watermark(1), "1000 []");
  const std::map<std::string, StoredLetter> letters = replica->Letters();
  ASSERT_THAT(letters, SizeIs(1));
  const StoredLetter& letter = letters.at(Lane(1) + "/666");
  EXPECT_EQ(letter.state, "retrying");
  EXPECT_EQ(letter.attempts, 1);
  EXPECT_EQ(letter.error, "INTERNAL: division by zero");
}

TEST_P(ReceiveTest, BisectingCountsRepetitionsOnce) {
  std::vector<bus::Delivery> batch = Sequences(1, 1, 50);
  batch.push_back(Deliver(MakeEvent(1, 51, "poison")));
  const std::vector<bus::Delivery> copy = batch;
  batch.insert(batch.end(), copy.begin(), copy.end());
  FailOn("poison", absl::InternalError("no"));
  const Inbox::Received received = Receive(batch);
  EXPECT_EQ(received.applied, 50);
  EXPECT_EQ(received.letters, 1);
  EXPECT_EQ(received.duplicates, 51);
  EXPECT_THAT(replica->Counted(), testing::AllOf(SizeIs(50), Each(Pair(_, 1))));
}

TEST_P(ReceiveTest, AnExceptionIsAFailureLikeAnyOther) {
  replica->handler.verdict = [](db::Transaction&, const bus::Event& event) -> absl::Status {
    if (event.sequence == 3) throw std::runtime_error("thrown");
    if (event.sequence == 4) throw 4;
    return absl::OkStatus();
  };
  EXPECT_EQ(Receive(Sequences(1, 1, 8)).letters, 2);
  EXPECT_THAT(replica->Counted(), SizeIs(6));
}

TEST_P(ReceiveTest, DataThatDoesNotFitIsTheEventsFault) {
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event& event) {
    if (event.sequence != 3) return absl::OkStatus();
    return transaction.Execute(fixture::sql::kInsertTwice).status();
  };
  const Inbox::Received received = Receive(Sequences(1, 1, 8));
  EXPECT_EQ(received.applied, 7);
  EXPECT_EQ(received.letters, 1);
}

TEST_P(ReceiveTest, KeepsNothingWhenEveryEventFails) {
  for (const int64_t count : {2, 16, 17, 1000}) {
    FailOn("1", absl::InternalError("the exchange rates are away"));
    EXPECT_THAT(replica->Receive(Sequences(1, 1, count)), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(replica->Letters(), SizeIs(0));
    EXPECT_EQ(replica->Watermark(1), "none");
  }
  EXPECT_LE(replica->handler.calls, 80);
  replica->handler.verdict = nullptr;
  EXPECT_EQ(Receive(Sequences(1, 1, 1000)).applied, 1000);
}

TEST_P(ReceiveTest, ALoneEventThatFailsBecomesALetter) {
  FailOn("1", absl::InternalError("no"));
  EXPECT_EQ(Receive(Sequences(1, 1, 1)).letters, 1);
}

TEST_P(ReceiveTest, BadEventsThatShareALoneMessageBecomeLetters) {
  FailOn("poison", absl::InternalError("no"));
  EXPECT_EQ(Receive({DeliverTogether(1, 1, {"poison", "poison"})}).letters, 2);
  EXPECT_EQ(replica->Watermark(1), "2 []");
}

TEST_P(ReceiveTest, WhatAHandlerPostedIsItsFaultThoughItFailsAtTheCommit) {
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event& event) {
    if (event.sequence != 3) return absl::OkStatus();
    return transaction.Post(fixture::sql::kInsertTwice, db::Params());
  };
  const Inbox::Received received = Receive(Sequences(1, 1, 8));
  EXPECT_EQ(received.applied, 7);
  EXPECT_EQ(received.letters, 1);
}

TEST_P(ReceiveTest, AFailedStatementIsBlamedOnAnEventOnlyWhereOthersSucceed) {
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event& event) {
    if (event.sequence != 1) return absl::OkStatus();
    return transaction.Execute(fixture::sql::kNoSuchTable).status();
  };
  EXPECT_THAT(replica->Receive(Sequences(1, 1, 1)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(replica->Letters(), SizeIs(0));
  const Inbox::Received received = Receive(Sequences(1, 1, 2));
  EXPECT_EQ(received.applied, 1);
  EXPECT_EQ(received.letters, 1);
  EXPECT_EQ(replica->Letters().at(Lane(1) + "/1").attempts, 0);
}

TEST_P(ReceiveTest, ALockThatCouldNotBeHadIsNoEventsFault) {
  replica->handler.verdict = [](db::Transaction&, const bus::Event& event) {
    return event.sequence == 3 ? db::MakeError(db::ErrorKind::kRetry, "55P03", "LockBucket")
                               : absl::OkStatus();
  };
  EXPECT_THAT(replica->Receive(Sequences(1, 1, 8)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(replica->Letters(), SizeIs(0));
  EXPECT_EQ(replica->Watermark(1), "none");
}

TEST_P(ReceiveTest, WhatCannotBeDecodedIsDeadAtOnceAndHoldsNothingUp) {
  bus::Delivery no_place =
      Deliver(bus::Message{"tests.v1.noise", {}, std::string("\0\xff", 2)}, 77);
  bus::Delivery no_time = Deliver(MakeEvent(1, 2));
  bus::Headers headers;
  for (const auto& [name, value] : no_time.message.headers.entries()) {
    headers.Set(name, name == "ce-time" ? "\xff never" : value);
  }
  no_time.message.headers = headers;
  FailOn("garbage", absl::InvalidArgumentError("not a protobuf"));
  const Inbox::Received received =
      Receive({no_place, Deliver(MakeEvent(1, 1)), no_time, Deliver(MakeEvent(1, 3, "garbage"))});
  EXPECT_EQ(received.applied, 1);
  EXPECT_EQ(received.letters, 3);
  const std::map<std::string, StoredLetter> letters = replica->Letters();
  ASSERT_THAT(letters, SizeIs(3));
  for (const std::string& id : {std::string("42#77"), Lane(1) + "/2", Lane(1) + "/3"}) {
    EXPECT_EQ(letters.at(id).state, "dead") << id;
  }
  EXPECT_EQ(replica->Watermark(1), "3 []");
  Receive({no_place, no_time});
  EXPECT_THAT(replica->Letters(), SizeIs(3));
}

TEST_P(ReceiveTest, AnUnknownTypeBecomesALetter) {
  EXPECT_EQ(Receive({Deliver(MakeEvent(1, 1, "", "from the future"))}).letters, 1);
  const StoredLetter letter = replica->Letters().at(Lane(1) + "/1");
  EXPECT_EQ(letter.state, "retrying");
  EXPECT_EQ(letter.attempts, 0);
}

TEST_P(ReceiveTest, CoveredIsNotCounted) {
  FailOn("poison", absl::InternalError("no"));
  Receive({Deliver(MakeEvent(1, 1)), Deliver(MakeEvent(1, 2, "poison")), Deliver(MakeEvent(1, 9))});
  Receive({Deliver(bus::ToMessage(MakeEvent(1, 3, "", "from the future")))});
  EXPECT_EQ(replica->Coverage(1, 1), InboxStore::Coverage::kCounted);
  EXPECT_EQ(replica->Coverage(1, 2), InboxStore::Coverage::kRetrying);
  EXPECT_EQ(replica->Coverage(1, 3), InboxStore::Coverage::kRetrying);
  EXPECT_EQ(replica->Coverage(1, 4), InboxStore::Coverage::kNotCovered);
  EXPECT_EQ(replica->Coverage(1, 9), InboxStore::Coverage::kCounted);
  EXPECT_EQ(replica->Coverage(2, 1), InboxStore::Coverage::kNotCovered);
}

}  // namespace
}  // namespace tally::inbox
