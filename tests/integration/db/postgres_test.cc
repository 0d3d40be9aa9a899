#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <numeric>
#include <thread>
#include <vector>

#include "common/db/error.h"
#include "common/db/postgres_conninfo.h"
#include "common/db/postgres_session.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::db {
namespace {

namespace sql = fixture::sql;
using testing::HasSubstr;
using testing::Not;
using testkit::IsOkAndHolds;
using testkit::PostgresServer;
using testkit::StatusIs;

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(PostgresServer* const server, PostgresServer::Shared());
    ASSERT_OK_AND_ASSIGN(options_.url, server->CreateDatabase());
    gate_.emplace(server->port());
  }
  void OpenThroughGate() {
    options_.url = gate_->Through(options_.url);
    OpenIt();
  }
  void OpenIt() { ASSERT_OK_AND_ASSIGN(open_, Open(options_)); }
  Transaction Begin(Mode mode) {
    auto transaction = open_->Begin(mode);
    EXPECT_OK(transaction);
    return *std::move(transaction);
  }
  int64_t Count(const Statement& statement, const Params& params) {
    const auto count = Begin(Mode::kRead).QueryOne<int64_t>(statement, params);
    EXPECT_OK(count);
    return count.ok() ? std::get<0>(**count) : -1;
  }
  bool BackendLives(int64_t pid) { return Count(sql::kCountBackends, {{"pid", pid}}) > 0; }

  DatabaseOptions options_;
  std::optional<testkit::TcpGate> gate_;
  std::unique_ptr<OpenDatabase> open_;
};

// SOCI forgets each connection that fails so, with its memory.
TEST_F(PostgresTest, WhileNoSessionGetsAFirstAnswerSociOpensNone) {
  ASSERT_OK_AND_ASSIGN(const std::string conninfo,
                       ToConninfo(gate_->Through(options_.url), absl::Seconds(10), "test"));
  const auto lose_one = [&] {
    gate_->CutWhen(testkit::Direction::kToServer, [](absl::string_view bytes) {
      return bytes[0] == 'Q' ? std::optional<size_t>(0) : std::nullopt;
    });
    return PostgresSession::Connect(conninfo, absl::Seconds(10)).status();
  };
  constexpr char kOfSoci[] = "extra_float_digits";
  EXPECT_THAT(lose_one().ToString(), HasSubstr(kOfSoci));
  for (int i = 0; i < 5; ++i) {
    const absl::Status lost = lose_one();
    EXPECT_EQ(KindOf(lost), ErrorKind::kConnection);
    EXPECT_THAT(lost.ToString(), Not(HasSubstr(kOfSoci)));
  }
  gate_->Disarm();
  EXPECT_OK(PostgresSession::Connect(conninfo, absl::Seconds(10)));
}

TEST_F(PostgresTest, EveryTransactionHasItsLimits) {
  options_.statement_timeout = absl::Milliseconds(1234);
  options_.lock_timeout = absl::Milliseconds(567);
  options_.idle_in_transaction_timeout = absl::Milliseconds(890);
  OpenIt();
  Transaction transaction = Begin(Mode::kWrite);
  EXPECT_THAT(transaction.QueryOne<std::string>(sql::kTransactionSettings),
              IsOkAndHolds(std::tuple("1234ms 567ms 890ms on read committed")));
}

TEST_F(PostgresTest, ALockThatIsNotGrantedInTimeMayBeRetried) {
  options_.lock_timeout = absl::Milliseconds(50);
  OpenIt();
  ASSERT_OK(open_->Insert(1));
  Transaction holder = Begin(Mode::kWrite);
  ASSERT_OK(holder.Execute(sql::kLockThing, {{"id", 1}}));
  Transaction waiter = Begin(Mode::kWrite);
  const absl::Status refused = waiter.Execute(sql::kLockThing, {{"id", 1}}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kRetry);
  EXPECT_EQ(SqlStateOf(refused), "55P03");
}

TEST_F(PostgresTest, TheVictimOfADeadlockMayRetry) {
  OpenIt();
  ASSERT_OK(open_->Insert(1));
  ASSERT_OK(open_->Insert(2));
  Transaction first = Begin(Mode::kWrite), second = Begin(Mode::kWrite);
  ASSERT_OK(first.Execute(sql::kLockThing, {{"id", 1}}));
  ASSERT_OK(second.Execute(sql::kLockThing, {{"id", 2}}));
  absl::Status crossed[2];
  const auto cross = [&](Transaction& transaction, int id) {
    crossed[id - 1] = transaction.Execute(sql::kLockThing, {{"id", id}}).status();
    transaction.Rollback();
  };
  std::thread thread(cross, std::ref(first), 2);
  cross(second, 1);
  thread.join();
  ASSERT_NE(crossed[0].ok(), crossed[1].ok()) << crossed[0] << crossed[1];
  const absl::Status victim = crossed[0].ok() ? crossed[1] : crossed[0];
  EXPECT_EQ(KindOf(victim), ErrorKind::kRetry);
  EXPECT_EQ(SqlStateOf(victim), "40P01");
}

TEST_F(PostgresTest, AStatementThatTakesTooLongMayBeRetried) {
  options_.statement_timeout = absl::Milliseconds(700);
  OpenIt();
  Transaction transaction = Begin(Mode::kRead);
  const absl::Status ended = transaction.Execute(sql::kDawdle).status();
  EXPECT_EQ(KindOf(ended), ErrorKind::kRetry);
  EXPECT_EQ(SqlStateOf(ended), "57014");
}

TEST_F(PostgresTest, ATransactionLeftIdleLosesItsSession) {
  options_.idle_in_transaction_timeout = absl::Milliseconds(700);
  OpenIt();
  Transaction idle = Begin(Mode::kWrite);
  ASSERT_OK_AND_ASSIGN(const auto pid, idle.QueryOne<int64_t>(sql::kBackendPid));
  EXPECT_EVENTUALLY(!BackendLives(std::get<0>(*pid)), absl::Seconds(60));
  const absl::Status lost = idle.Execute(sql::kListIds).status();
  EXPECT_EQ(KindOf(lost), ErrorKind::kConnection) << lost;
  EXPECT_EQ(KindOf(idle.Commit()), ErrorKind::kConnection);
  EXPECT_OK(open_->Insert(1));
}

// A process that is stopped between what it posts and the COMMIT.
TEST_F(PostgresTest, WhatWasPostedHoldsItsLocksNoLongerThanAnIdleTransaction) {
  options_.idle_in_transaction_timeout = absl::Milliseconds(700);
  OpenIt();
  Transaction stopped = Begin(Mode::kWrite);
  ASSERT_OK_AND_ASSIGN(const auto pid, stopped.QueryOne<int64_t>(sql::kBackendPid));
  ASSERT_OK(stopped.Post(sql::kInsertIds, Batch().Ints("id", {1})));
  EXPECT_EVENTUALLY(!BackendLives(std::get<0>(*pid)), absl::Seconds(60));
}

// So much that libpq sends it before anybody waits for an answer.
TEST_F(PostgresTest, MuchThatWasPostedFirstHoldsItsLocksNoLongerEither) {
  options_.idle_in_transaction_timeout = absl::Milliseconds(700);
  options_.lock_timeout = absl::Milliseconds(50);
  OpenIt();
  std::vector<int64_t> ids(8000);
  std::iota(ids.begin(), ids.end(), 1);
  {
    Transaction prepared = Begin(Mode::kWrite);
    ASSERT_OK(prepared.Post(sql::kInsertIds, Batch().Ints("id", {0})));
    ASSERT_OK(prepared.Commit());
  }
  Transaction stopped = Begin(Mode::kWrite);
  ASSERT_OK(stopped.Post(sql::kInsertIds, Batch().Ints("id", {ids.begin(), ids.begin() + 4000})));
  ASSERT_OK(stopped.Post(sql::kInsertIds, Batch().Ints("id", {ids.begin() + 4000, ids.end()})));
  EXPECT_EVENTUALLY(open_->Insert(1).ok(), absl::Seconds(60));
}

TEST_F(PostgresTest, DoesNotShowAValueThatTheServerQuotes) {
  OpenIt();
  Transaction transaction = Begin(Mode::kRead);
  const absl::Status refused =
      transaction.Execute(sql::kFindByOwner, {{"owner", "secret"}}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kData);
  EXPECT_EQ(SqlStateOf(refused), "22P02");
  EXPECT_THAT(refused.ToString(), testing::Not(HasSubstr("secret")));
}

TEST_F(PostgresTest, KeepsASessionOverARollback) {
  OpenIt();
  ASSERT_OK(open_->Insert(1));
  const auto pid = Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid);
  EXPECT_EQ(KindOf(open_->Insert(1)), ErrorKind::kUnique);
  EXPECT_THAT(Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid), IsOkAndHolds(*pid));
}

TEST_F(PostgresTest, KeepsASessionOverAnErrorThatWasPosted) {
  OpenIt();
  ASSERT_OK(open_->Insert(1));
  const auto pid = Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid);
  {
    Transaction transaction = Begin(Mode::kWrite);
    ASSERT_OK(transaction.Post(sql::kInsertIds, Batch().Ints("id", {1})));
  }
  EXPECT_THAT(Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid), IsOkAndHolds(*pid));
}

TEST_F(PostgresTest, ARefusalByCommitItselfIsNoUnknownOutcome) {
  OpenIt();
  ASSERT_OK(open_->database->Run(Mode::kWrite, open_->Soon(), [](Transaction& transaction) {
    return transaction.Execute(sql::kMakeDeferred).status();
  }));
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Execute(sql::kInsertDeferred, {{"id", 1}}));
  ASSERT_OK(transaction.Execute(sql::kInsertDeferred, {{"id", 1}}));
  EXPECT_EQ(KindOf(transaction.Commit()), ErrorKind::kUnique);
}

TEST_F(PostgresTest, AFullDiskIsTheEnvironmentsAndKeepsTheSession) {
  OpenIt();
  ASSERT_OK(open_->database->Run(Mode::kWrite, open_->Soon(), [](Transaction& transaction) {
    return transaction.Execute(sql::kMakeDiskFull).status();
  }));
  const auto pid = Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid);
  const absl::Status full = Begin(Mode::kRead).QueryOne<int64_t>(sql::kRaiseDiskFull).status();
  EXPECT_EQ(KindOf(full), ErrorKind::kResources) << full;
  EXPECT_THAT(Begin(Mode::kRead).QueryOne<int64_t>(sql::kBackendPid), IsOkAndHolds(*pid));
}

TEST_F(PostgresTest, ASwallowedReplyToCommitIsAnUnknownOutcome) {
  OpenThroughGate();
  gate_->SwallowReplyTo("COMMIT");
  const absl::Status unknown = open_->Insert(1);
  EXPECT_EQ(KindOf(unknown), ErrorKind::kUnknownOutcome) << unknown;
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(gate_->swallowed(), 1);
  gate_->Forward();
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_F(PostgresTest, ASessionThatEndedBeforeItCameToCommitIsNoUnknownOutcome) {
  options_.lock_timeout = options_.statement_timeout = absl::Seconds(60);
  OpenIt();
  Transaction holder = Begin(Mode::kWrite);
  ASSERT_OK(holder.Execute(sql::kInsertIds, Batch().Ints("id", {1})));
  Transaction waiting = Begin(Mode::kWrite);
  ASSERT_OK_AND_ASSIGN(const auto pid, waiting.QueryOne<int64_t>(sql::kBackendPid));
  const Params its = {{"pid", std::get<0>(*pid)}};
  ASSERT_OK(waiting.Post(sql::kInsertIds, Batch().Ints("id", {1})));
  auto committed = std::async(std::launch::async, [&] { return waiting.Commit(); });
  EXPECT_EVENTUALLY(Count(sql::kCountLockWaits, its) == 1, absl::Seconds(60));
  ASSERT_OK(Begin(Mode::kRead).QueryOne<int64_t>(sql::kEndBackend, its));
  const absl::Status lost = committed.get();
  EXPECT_EQ(KindOf(lost), ErrorKind::kConnection) << lost;
  EXPECT_EQ(StatementOf(lost), sql::kInsertIds.name);
}

TEST_F(PostgresTest, ACommitThatNeverArrivedIsAnUnknownOutcome) {
  OpenThroughGate();
  gate_->CutWhen(testkit::Direction::kToServer,
                 [](absl::string_view bytes) -> std::optional<size_t> {
                   // With its end, so that READ COMMITTED is not meant.
                   const bool commits =
                       bytes.find(absl::string_view("COMMIT\0", 7)) != absl::string_view::npos;
                   return commits ? std::optional<size_t>(0) : std::nullopt;
                 });
  EXPECT_EQ(KindOf(open_->Insert(1)), ErrorKind::kUnknownOutcome);
  gate_->Forward();
  EXPECT_THAT(open_->Count(), IsOkAndHolds(0));
  EXPECT_OK(open_->Insert(1));
}

TEST_F(PostgresTest, AServerThatGoesSilentCountsAsLost) {
  options_.statement_timeout = absl::Milliseconds(100);
  OpenThroughGate();
  Transaction transaction = Begin(Mode::kWrite);
  gate_->Delay(absl::InfiniteDuration());
  const absl::Time before = absl::Now();
  EXPECT_EQ(KindOf(transaction.Execute(sql::kListIds).status()), ErrorKind::kConnection);
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
  transaction.Rollback();
  gate_->Forward();
  EXPECT_OK(open_->Insert(1));
}

TEST_F(PostgresTest, SessionsThatDiedWhileIdleAreReplacedWithoutAFailure) {
  OpenThroughGate();
  {
    Transaction first = Begin(Mode::kRead), second = Begin(Mode::kRead), third = Begin(Mode::kRead);
  }
  gate_->CutAll();
  EXPECT_OK(open_->Insert(1));
  EXPECT_TRUE(open_->database->Available());
}

TEST_F(PostgresTest, WorksAgainWhenTheServerIsBack) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(options_.url, server->CreateDatabase());
  OpenIt();
  ASSERT_OK(open_->Insert(1));
  Transaction interrupted = Begin(Mode::kWrite);
  ASSERT_OK(server->Stop());
  EXPECT_EQ(KindOf(interrupted.Execute(sql::kListIds).status()), ErrorKind::kConnection);
  EXPECT_EQ(KindOf(open_->Insert(2)), ErrorKind::kConnection);
  EXPECT_FALSE(open_->database->Available());
  EXPECT_THAT(open_->telemetry.metrics.Serialize(), HasSubstr("tally_db_away 1"));
  ASSERT_OK(server->Restart());
  EXPECT_OK(open_->Insert(2));
  EXPECT_TRUE(open_->database->Available());
  EXPECT_THAT(open_->telemetry.metrics.Serialize(), HasSubstr("tally_db_away 0"));
}

TEST_F(PostgresTest, SaysWhyItCannotConnect) {
  gate_->Refuse();
  options_.url = gate_->Through(options_.url);
  EXPECT_THAT(Open(options_), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("refused")));
}

}  // namespace
}  // namespace tally::db
