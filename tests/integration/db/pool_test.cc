#include "common/db/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/db/error.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

using testing::HasSubstr;
using testkit::IsOk;
using testkit::IsOkAndHolds;

class PoolTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void OpenWith(int sessions) {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(open_, Open(DatabaseOptions{.url = url, .sessions = sessions}));
  }
  absl::StatusOr<Transaction> BeginWithin(absl::Duration patience, Mode mode) {
    return Transaction::Begin(*open_->database, mode, open_->clock.Now() + patience);
  }

  std::unique_ptr<OpenDatabase> open_;
};
INSTANTIATE_ON_EVERY_DATABASE(PoolTest);

TEST_P(PoolTest, GivesUpAtTheDeadlineWhenAllSessionsAreTaken) {
  OpenWith(1);
  {
    auto held = BeginWithin(absl::Seconds(5), Mode::kRead);
    ASSERT_OK(held);
    const auto refused = BeginWithin(absl::Milliseconds(50), Mode::kRead);
    EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConnection);
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("no session came free"));
    EXPECT_TRUE(open_->database->Available());
  }
  EXPECT_OK(BeginWithin(absl::Milliseconds(50), Mode::kRead));
}

TEST_P(PoolTest, AFreeSessionIsTakenEvenAfterTheDeadline) {
  OpenWith(1);
  EXPECT_OK(BeginWithin(-absl::Seconds(1), Mode::kWrite));
}

TEST_P(PoolTest, ConcurrentWritersAllSucceed) {
  OpenWith(3);
  constexpr int kThreads = 8, kEach = 20;
  std::vector<absl::Status> results(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach && results[t].ok(); ++i) results[t] = open_->Insert(t * kEach + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(results, testing::Each(IsOk()));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(kThreads * kEach));
}

TEST_P(PoolTest, ReadersGoOnWhileWritersWait) {
  OpenWith(2);
  auto writing = BeginWithin(absl::Seconds(5), Mode::kWrite);
  ASSERT_OK(writing);
  ASSERT_OK(writing->Execute(fixture::sql::kInsertIds, Batch().Ints("id", {1})));
  absl::Status waited;
  std::thread second([&] { waited = open_->Insert(2); });
  EXPECT_THAT(open_->Count(), IsOkAndHolds(testing::Le(1)));
  EXPECT_OK(writing->Commit());
  second.join();
  EXPECT_OK(waited);
  EXPECT_THAT(open_->Count(), IsOkAndHolds(2));
}

TEST_P(PoolTest, AnAttemptToConnectThatFailsLateDoesNotTellThatItIsAwayAgain) {
  enum class Next { kConnects, kFails, kFailsLate };
  std::atomic<Next> next = Next::kConnects;
  absl::Notification trying, fail;
  const auto error = [] { return MakeError(ErrorKind::kConnection, "", "connect", "refused"); };
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  ASSERT_OK_AND_ASSIGN(
      open_, Open({.url = url,
                   .sessions = 3,
                   .make_session = [&](auto connect) -> absl::StatusOr<std::unique_ptr<Session>> {
                     if (next == Next::kConnects) return connect();
                     if (next == Next::kFails) return error();
                     trying.Notify();
                     fail.WaitForNotification();
                     return error();
                   }}));
  const auto held = BeginWithin(absl::Seconds(5), Mode::kRead);
  ASSERT_OK(held);
  next = Next::kFailsLate;
  std::thread late([&] { EXPECT_FALSE(BeginWithin(absl::Seconds(5), Mode::kRead).ok()); });
  trying.WaitForNotification();
  next = Next::kFails;
  EXPECT_FALSE(BeginWithin(absl::Seconds(5), Mode::kRead).ok());
  EXPECT_FALSE(open_->database->Available());
  next = Next::kConnects;
  EXPECT_OK(BeginWithin(absl::Seconds(5), Mode::kRead));
  EXPECT_TRUE(open_->database->Available());
  fail.Notify();
  late.join();
  EXPECT_TRUE(open_->database->Available());
}

TEST_P(PoolTest, ShowsSessionsAndErrors) {
  OpenWith(2);
  {
    auto held = BeginWithin(absl::Seconds(5), Mode::kWrite);
    ASSERT_OK(held);
    EXPECT_THAT(open_->telemetry.metrics.Serialize(),
                HasSubstr("tally_db_sessions{state=\"used\"} 1"));
    EXPECT_FALSE(held->Execute(fixture::sql::kNoSuchColumn).ok());
  }
  ASSERT_OK(open_->Insert(1));
  EXPECT_FALSE(open_->Insert(1).ok());
  const std::string metrics = open_->telemetry.metrics.Serialize();
  EXPECT_THAT(metrics, HasSubstr("tally_db_sessions{state=\"used\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("tally_db_errors_total{kind=\"unique\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("tally_db_errors_total{kind=\"statement\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("tally_db_away 0"));
}

}  // namespace
}  // namespace tally::db
