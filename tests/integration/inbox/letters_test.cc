#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/inbox/letter_retrier.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testkit::Deliver;
using testkit::Lane;
using testkit::MakeEvent;

class LettersTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    replica = std::make_unique<Replica>(url);
    replica->handler.verdict = [this](db::Transaction&, const bus::Event& event) {
      return event.payload == "poison" ? failure : absl::OkStatus();
    };
  }

  void ReceivePoison(int64_t sequence = 1, const std::string& type = "counted") {
    ASSERT_OK(replica->Receive({Deliver(MakeEvent(1, sequence, "poison", type))}));
  }
  LetterRetrier::Round Retry(int limit = 10) {
    const absl::StatusOr<LetterRetrier::Round> round = replica->letters.Retry(limit);
    EXPECT_OK(round);
    return round.value_or(LetterRetrier::Round());
  }
  // Begins an attempt at the letter that is due, and no more.
  void BeginAndEnd(const LetterPolicy& policy) {
    const absl::Time now = replica->clock.Now();
    ASSERT_OK(replica->database->Run(
        db::Mode::kWrite, replica->Deadline(), [&](db::Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(const auto due, replica->store.ListDueLetters(transaction, now, 1));
          inbox::Letter begun = due.at(0);
          RecordBegin(policy, now, begun);
          return replica->store.UpdateLetter(transaction, due[0], begun).status();
        }));
  }
  StoredLetter Letter() { return replica->Letters().at(Lane(1) + "/1"); }

  absl::Status failure = absl::InternalError("no");
  std::unique_ptr<Replica> replica;
};
INSTANTIATE_ON_EVERY_DATABASE(LettersTest);

TEST_P(LettersTest, AreAppliedOnceTheyCanBe) {
  ReceivePoison();
  failure = absl::OkStatus();
  EXPECT_EQ(Retry().tried, 0) << "before its time";
  replica->clock.Advance(absl::Seconds(1));
  const LetterRetrier::Round round = Retry();
  EXPECT_EQ(round.tried, 1);
  EXPECT_EQ(replica->handler.commits, 1);
  EXPECT_EQ(round.counts.retrying, 0);
  EXPECT_TRUE(replica->Letters().empty());
  EXPECT_EQ(replica->Counted().at(Lane(1) + "/1"), 1);
  EXPECT_EQ(replica->Coverage(1, 1), InboxStore::Coverage::kCounted);
  ReceivePoison();
  EXPECT_EQ(replica->Counted().at(Lane(1) + "/1"), 1);
}

TEST_P(LettersTest, AreDeadAfterTheConfiguredAttempts) {
  ReceivePoison();
  for (int attempt = 2; attempt <= 10; ++attempt) {
    EXPECT_EQ(Letter().state, "retrying");
    replica->clock.Advance(absl::Minutes(10));
    EXPECT_EQ(Retry().tried, 1);
    EXPECT_EQ(Letter().attempts, attempt);
  }
  EXPECT_EQ(Letter().state, "dead");
  EXPECT_EQ(replica->Coverage(1, 1), InboxStore::Coverage::kDead);
  replica->clock.Advance(absl::Hours(1000));
  const LetterRetrier::Round round = Retry();
  EXPECT_EQ(round.tried, 0);
  EXPECT_EQ(round.counts.dead, 1);
}

TEST_P(LettersTest, DieAtOnceWhenTheyTurnOutUndecodable) {
  ReceivePoison();
  failure = absl::InvalidArgumentError("not a protobuf");
  replica->clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Retry().counts.dead, 1);
}

TEST_P(LettersTest, AnUnknownTypeWaitsUntilItIsKnown) {
  ReceivePoison(1, "from the future");
  for (int hour = 1; hour < 72; ++hour) {
    replica->clock.Advance(absl::Hours(1));
    EXPECT_EQ(Retry().tried, 1);
  }
  EXPECT_EQ(Letter().state, "retrying");
  EXPECT_EQ(Letter().attempts, 0);
  replica->handler.knows_everything = true;
  failure = absl::OkStatus();
  replica->clock.Advance(absl::Minutes(10));
  EXPECT_EQ(Retry().tried, 1);
  EXPECT_EQ(replica->Counted().at(Lane(1) + "/1"), 1);
  EXPECT_TRUE(replica->Letters().empty());
}

TEST_P(LettersTest, AnUnknownTypeIsDeadAfterDays) {
  ReceivePoison(1, "from the future");
  replica->clock.Advance(absl::Hours(72));
  EXPECT_EQ(Retry().counts.dead, 1);
}

TEST_P(LettersTest, WhatAHandlerPostedCostsAnAttemptThoughItFailsLater) {
  // Prepares the handler's next statement, which would wait for the failure.
  ASSERT_OK(replica->Receive({Deliver(MakeEvent(1, 2))}));
  ReceivePoison();
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event&) {
    return transaction.Post(fixture::sql::kInsertTwice, db::Params());
  };
  replica->clock.Advance(absl::Hours(1));
  EXPECT_EQ(Retry().tried, 1);
  EXPECT_EQ(Letter().attempts, 2);
  EXPECT_THAT(Letter().error, testing::HasSubstr("InsertTwice"));
}

TEST_P(LettersTest, AFailedStatementCostsNoAttempt) {
  ReceivePoison();
  replica->handler.verdict = [](db::Transaction& transaction, const bus::Event&) {
    return transaction.Execute(fixture::sql::kNoSuchTable).status();
  };
  for (int i = 0; i < 20; ++i) {
    replica->clock.Advance(absl::Hours(1));
    EXPECT_EQ(Retry().tried, 1);
  }
  EXPECT_EQ(Letter().state, "retrying");
  EXPECT_EQ(Letter().attempts, 1);
}

TEST_P(LettersTest, ADatabaseThatIsBusyCostsNoAttempt) {
  ReceivePoison();
  failure = db::MakeError(db::ErrorKind::kRetry, "40P01", "LockBucket");
  for (int i = 0; i < 20; ++i) {
    replica->clock.Advance(absl::Minutes(10));
    EXPECT_EQ(Retry().tried, 1);
    EXPECT_EQ(Retry().tried, 0) << "without a pause";
  }
  EXPECT_EQ(Letter().state, "retrying");
  EXPECT_EQ(Letter().attempts, 1);
}

TEST_P(LettersTest, OneThatAlwaysRunsIntoATimeoutDoesNotStandInFrontOfTheOthers) {
  for (int64_t sequence = 1; sequence <= 3; ++sequence) ReceivePoison(sequence);
  replica->handler.verdict = [](db::Transaction&, const bus::Event& event) {
    return event.sequence == 1 ? db::MakeError(db::ErrorKind::kRetry, "57014", "LockBucket")
                               : absl::OkStatus();
  };
  replica->clock.Advance(absl::Minutes(1));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(Retry(/*limit=*/1).tried, 1);
  EXPECT_EQ(replica->Counted().size(), 2u);
}

TEST_P(LettersTest, AnAttemptIsWrittenBeforeItBegins) {
  ReceivePoison();
  std::string error;
  replica->handler.verdict = [&](db::Transaction&, const bus::Event&) {
    error = Letter().error;
    return absl::InternalError("no");
  };
  replica->clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Retry().tried, 1);
  EXPECT_THAT(error, testing::HasSubstr("has not ended"));
  EXPECT_THAT(Letter().error, testing::HasSubstr("no"));
  EXPECT_EQ(Letter().attempts, 2);
}

// As a process that ends within the attempt leaves it.
TEST_P(LettersTest, OneThatTheProcessNeverSurvivesIsDeadAndNotTriedAnyMore) {
  ReceivePoison();
  const LetterPolicy policy;
  for (int life = 0; life < policy.unended_max; ++life) {
    replica->clock.Advance(absl::Minutes(10));
    BeginAndEnd(policy);
    EXPECT_EQ(Retry().tried, 0) << "while another process may be at it";
    EXPECT_EQ(Letter().state, "retrying");
  }
  const int calls = replica->handler.calls;
  replica->clock.Advance(policy.attempt_time);
  EXPECT_EQ(Retry().counts.dead, 1);
  EXPECT_EQ(replica->handler.calls, calls);
}

TEST_P(LettersTest, TakeABoundedShareOfTheWorkTheLongestDueFirst) {
  for (int64_t sequence = 1; sequence <= 5; ++sequence) {
    ReceivePoison(sequence);
    replica->clock.Advance(absl::Seconds(5));
  }
  failure = absl::OkStatus();
  const LetterRetrier::Round round = Retry(/*limit=*/2);
  EXPECT_EQ(round.tried, 2);
  EXPECT_EQ(round.counts.retrying, 3);
  EXPECT_TRUE(replica->Counted().contains(Lane(1) + "/1"));
  EXPECT_TRUE(replica->Counted().contains(Lane(1) + "/2"));
}

}  // namespace
}  // namespace tally::inbox
