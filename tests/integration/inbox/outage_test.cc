// What becomes of events while the inbox's own database is away.

#include <gtest/gtest.h>

#include <memory>

#include "tests/integration/inbox/replica.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::inbox {
namespace {

using testing::Each;
using testing::Pair;
using testing::SizeIs;
using testkit::Deliver;
using testkit::kPatience;
using testkit::Lane;
using testkit::MakeEvent;
using testkit::StatusIs;

TEST(OutageTest, CostsNoEventAnAttempt) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica replica(url);
  replica.handler.verdict = [](db::Transaction&, const bus::Event& event) {
    return event.payload == "poison" ? absl::InternalError("no") : absl::OkStatus();
  };
  ASSERT_OK(replica.Receive({Deliver(MakeEvent(1, 1, "poison"))}));
  replica.handler.verdict = nullptr;
  replica.clock.Advance(absl::Hours(1));

  ASSERT_OK(server->Stop());
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(replica.Receive(Sequences(1, 2, 10)), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_FALSE(replica.letters.Retry(10).ok());
  }

  ASSERT_OK(server->Restart());
  EXPECT_EVENTUALLY(replica.Receive(Sequences(1, 2, 10)).ok(), kPatience);
  EXPECT_EQ(replica.Letters().at(Lane(1) + "/1").attempts, 1);
  EXPECT_OK(replica.letters.Retry(10));
  EXPECT_THAT(replica.Counted(), testing::AllOf(SizeIs(10), Each(Pair(testing::_, 1))));
  EXPECT_THAT(replica.Letters(), SizeIs(0));
}

TEST(OutageTest, AServerThatDiesWithinABatchLosesNothing) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica replica(url);
  replica.handler.verdict = [&](db::Transaction&, const bus::Event& event) {
    // Not Kill(): the session outlives its killed server for long enough to commit, now and then.
    return event.sequence == 500 ? server->Stop() : absl::OkStatus();
  };
  EXPECT_THAT(replica.Receive(Sequences(1, 1, 1000)), StatusIs(absl::StatusCode::kUnavailable));
  replica.handler.verdict = nullptr;
  ASSERT_OK(server->Restart());
  EXPECT_EVENTUALLY(replica.Receive(Sequences(1, 1, 1000)).ok(), kPatience);
  EXPECT_THAT(replica.Counted(), testing::AllOf(SizeIs(1000), Each(Pair(testing::_, 1))));
  EXPECT_THAT(replica.Letters(), SizeIs(0));
}

TEST(OutageTest, ACommitOfUnknownOutcomeIsCountedOnceWhenItComesAgain) {
  ASSERT_OK_AND_ASSIGN(testkit::PostgresServer* const server, testkit::PostgresServer::Shared());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  testkit::TcpGate gate(server->port());
  Replica replica(gate.Through(url));
  gate.SwallowReplyTo("COMMIT");
  EXPECT_THAT(replica.Receive(Sequences(1, 1, 10)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(gate.swallowed(), 1);
  gate.Forward();
  ASSERT_OK_AND_ASSIGN(const Inbox::Received again, replica.Receive(Sequences(1, 1, 10)));
  EXPECT_EQ(again.duplicates, 10);
  EXPECT_THAT(replica.Counted(), testing::AllOf(SizeIs(10), Each(Pair(testing::_, 1))));
}

TEST(OutageTest, AnHourWithoutTheDatabaseMakesNothingDead) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica replica(url);
  replica.handler.verdict = [&](db::Transaction&, const bus::Event& event) {
    return event.payload == "poison" ? absl::InternalError("no") : absl::OkStatus();
  };
  ASSERT_OK(replica.Receive({Deliver(MakeEvent(1, 1, "poison"))}));
  ASSERT_OK(server->Stop());
  for (int minute = 0; minute < 60; ++minute) {
    replica.clock.Advance(absl::Minutes(1));
    EXPECT_FALSE(replica.Receive(Sequences(1, 2, 10)).ok());
    EXPECT_FALSE(replica.letters.Retry(10).ok());
  }
  ASSERT_OK(server->Restart());
  EXPECT_EVENTUALLY(replica.Receive(Sequences(1, 2, 10)).ok(), kPatience);
  EXPECT_THAT(replica.Letters(), SizeIs(1));
  EXPECT_EQ(replica.Letters().at(Lane(1) + "/1").attempts, 1);
  EXPECT_EQ(replica.Letters().at(Lane(1) + "/1").state, "retrying");
}

TEST(OutageTest, ADatabaseThatDiesInEveryAttemptMakesNoLetterDead) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica replica(url);
  const absl::Status no = absl::InternalError("no");
  replica.handler.verdict = [&](db::Transaction&, const bus::Event&) { return no; };
  ASSERT_OK(replica.Receive({Deliver(MakeEvent(1, 1, "poison"))}));
  replica.handler.verdict = [&](db::Transaction&, const bus::Event&) { return server->Stop(); };
  for (int attempt = 0; attempt < 5; ++attempt) {
    replica.clock.Advance(absl::Minutes(20));
    const int calls = replica.handler.calls;
    ASSERT_EVENTUALLY(!replica.letters.Retry(10).ok() && replica.handler.calls > calls, kPatience);
    ASSERT_OK(server->Restart());
    ASSERT_EVENTUALLY(replica.letters.Retry(0).ok(), kPatience);
  }
  EXPECT_EQ(replica.Letters().at(Lane(1) + "/1").attempts, 1);
  replica.handler.verdict = nullptr;
  replica.clock.Advance(absl::Minutes(20));
  EXPECT_OK(replica.letters.Retry(10));
  EXPECT_THAT(replica.Counted(), SizeIs(1));
}

TEST(OutageTest, WhatComesAgainAfterOutagesIsNotBlamedForThem) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica replica(url);
  std::vector<bus::Delivery> again = Sequences(1, 1, 1);
  again[0].delivery_count = 2;
  replica.handler.verdict = [&](db::Transaction&, const bus::Event&) { return server->Stop(); };
  for (int outage = 0; outage < 3; ++outage) {
    EXPECT_THAT(replica.Receive(again), StatusIs(absl::StatusCode::kUnavailable));
    ASSERT_OK(server->Restart());
  }
  replica.handler.verdict = nullptr;
  EXPECT_EVENTUALLY(replica.Receive(again).ok(), kPatience);
  replica.clock.Advance(absl::Minutes(10));
  EXPECT_OK(replica.letters.Retry(10));
  EXPECT_THAT(replica.Counted(), SizeIs(1));
}

}  // namespace
}  // namespace tally::inbox
