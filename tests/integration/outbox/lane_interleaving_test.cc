#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/outbox/lane_sql.h"
#include "common/outbox/lane_store.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/outbox_test_case.h"

namespace tally::outbox {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

// Two sessions of PostgreSQL in a fixed order: what one does while the other is in the middle of
// something. Where the obvious alternative is wrong, a test named after it shows that it is.
class LaneInterleavingTest : public testing::Test, protected OutboxTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(testkit::PostgresKind()));
    writer_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "writer"}, *database_);
    other_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "other"}, *database_);
    lane_ = LaneWithEvents(*writer_, 0);
  }

  // Runs `call` in another thread and returns when it waits for a lock.
  template <typename Call>
  auto UntilBlocked(Call call) {
    auto result = std::async(std::launch::async, std::move(call));
    EXPECT_EVENTUALLY(QueryInt(fixture::sql::kCountLockWaits) == 1, kPatience);
    return result;
  }
  db::Transaction BatchUnderWay(int64_t events) {
    db::Transaction batch = Begin();
    EXPECT_OK(Append(*writer_, batch, lane_, 0, events));
    return batch;
  }

  std::optional<LaneStore> writer_, other_;
  std::string lane_;
};

TEST_F(LaneInterleavingTest, ClosingWaitsForTheBatchUnderWayAndCoversIt) {
  db::Transaction batch = BatchUnderWay(5);
  auto closing = UntilBlocked([&] { return other_->Close(lane_, Soon()); });
  ASSERT_OK(batch.Commit());
  EXPECT_THAT(closing.get(), IsOkAndHolds(5));
}

TEST_F(LaneInterleavingTest, AHeadReadByTheLockingStatementMissesTheBatch) {
  db::Transaction batch = BatchUnderWay(5);
  auto locking = UntilBlocked([&] {
    db::Transaction closer = Begin();
    return closer.QueryOne<std::string, int64_t>(fixture::sql::kLockAndReadHead,
                                                 {{"lane_id", lane_}});
  });
  ASSERT_OK(batch.Commit());
  EXPECT_THAT(locking.get(), IsOkAndHolds(Eq(std::tuple("open", 0)))) << "five rows were committed";
}

TEST_F(LaneInterleavingTest, ABatchThatRolledBackIsNotCovered) {
  db::Transaction batch = BatchUnderWay(5);
  auto closing = UntilBlocked([&] { return other_->Close(lane_, Soon()); });
  batch.Rollback();
  EXPECT_THAT(closing.get(), IsOkAndHolds(0));
}

TEST_F(LaneInterleavingTest, AStaleWriterIsRefusedWhenTheCloserIsDone) {
  db::Transaction closer = Begin();
  ASSERT_OK(
      (closer.QueryOne<std::string, std::optional<int64_t>>(sql::kLockLane, {{"lane_id", lane_}})));
  ASSERT_OK(closer.QueryOne<int64_t>(sql::kCloseLane, {{"lane_id", lane_}, {"now", absl::Now()}}));
  auto batch = UntilBlocked([&] {
    db::Transaction transaction = Begin();
    return Append(*writer_, transaction, lane_, 0, 5);
  });
  ASSERT_OK(closer.Commit());
  EXPECT_TRUE(LaneStore::FenceFailed(batch.get()));
  EXPECT_EQ(CountEvents(), 0);
}

TEST_F(LaneInterleavingTest, AStaleWriterIsRefusedEvenByACloserThatLocksNothing) {
  db::Transaction closer = Begin();
  ASSERT_OK(closer.Execute(fixture::sql::kCloseWithoutLocking, {{"lane_id", lane_}}));
  auto batch = UntilBlocked([&] {
    db::Transaction transaction = Begin();
    RETURN_IF_ERROR(LaneStore::Fence(transaction, lane_, 0));
    return transaction.Now().status();
  });
  ASSERT_OK(closer.Commit());
  EXPECT_TRUE(LaneStore::FenceFailed(batch.get()));
}

TEST_F(LaneInterleavingTest, AFenceForKeyShareLetsTheStaleWriterThrough) {
  db::Transaction closer = Begin();
  ASSERT_OK(closer.Execute(fixture::sql::kCloseWithoutLocking, {{"lane_id", lane_}}));
  db::Transaction batch = Begin();
  EXPECT_THAT(batch.QueryOne<std::string>(fixture::sql::kFenceForKeyShare, {{"lane_id", lane_}}),
              IsOkAndHolds(Eq(std::tuple("open"))));
}

TEST_F(LaneInterleavingTest, BatchesOfOneLaneDoNotWaitForReadersOfIt) {
  db::Transaction batch = BatchUnderWay(5);
  EXPECT_OK(other_->Find(lane_, Soon()));
  EXPECT_THAT(writer_->Renew({lane_}, Soon()), IsOkAndHolds(ElementsAre(lane_)));
  EXPECT_OK(writer_->Advance({{.lane_id = lane_, .published_through = 0}}, Soon()));
}

TEST_F(LaneInterleavingTest, ALeaseRenewedWhileItIsBeingTakenStays) {
  ASSERT_OK(writer_->Release({lane_}, Soon()));
  db::Transaction batch = BatchUnderWay(5);
  auto taking = UntilBlocked([&] { return other_->TakeOver(lane_, Soon()); });
  ASSERT_OK(writer_->Renew({lane_}, Soon()));
  ASSERT_OK(batch.Commit());
  EXPECT_THAT(taking.get(), IsOkAndHolds(Eq(std::nullopt)));
  db::Transaction next = Begin();
  ASSERT_OK(LaneStore::Fence(next, lane_, 5));
  EXPECT_OK(next.Now());
}

TEST_F(LaneInterleavingTest, OfTwoThatTakeOverOneGetsTheLane) {
  ASSERT_OK(writer_->Release({lane_}, Soon()));
  LaneStore third = NewStore("third");
  db::Transaction batch = BatchUnderWay(5);
  auto first = std::async(std::launch::async, [&] { return other_->TakeOver(lane_, Soon()); });
  auto second = std::async(std::launch::async, [&] { return third.TakeOver(lane_, Soon()); });
  EXPECT_EVENTUALLY(QueryInt(fixture::sql::kCountLockWaits) == 2, kPatience);
  ASSERT_OK(batch.Commit());
  const auto a = first.get(), b = second.get();
  ASSERT_OK(a);
  ASSERT_OK(b);
  EXPECT_NE(a->has_value(), b->has_value());
  EXPECT_EQ((a->has_value() ? *a : *b)->head, 5);
}

TEST_F(LaneInterleavingTest, TakingOverDoesNotStandStillBehindABatchThatHangs) {
  ASSERT_OK(writer_->Release({lane_}, Soon()));
  db::Transaction batch = BatchUnderWay(5);
  const absl::Status refused = other_->TakeOver(lane_, Soon()).status();
  EXPECT_EQ(db::KindOf(refused), db::ErrorKind::kRetry) << refused;
  ASSERT_OK(batch.Commit());
  ASSERT_OK_AND_ASSIGN(const auto taken, other_->TakeOver(lane_, Soon()));
  EXPECT_EQ(taken->head, 5);
}

TEST_F(LaneInterleavingTest, ClosingIsRepeatedAfterALockTimeoutUntilItHolds) {
  ASSERT_OK(
      OpenDatabase(testkit::PostgresKind(), {.url = "", .lock_timeout = absl::Milliseconds(50)}));
  LaneStore store = NewStore("writer");
  lane_ = LaneWithEvents(store, 0);
  db::Transaction batch = Begin();
  ASSERT_OK(Append(store, batch, lane_, 0, 5));
  EXPECT_EQ(db::KindOf(store.Close(lane_, Soon()).status()), db::ErrorKind::kRetry);
  ASSERT_OK(batch.Commit());
  EXPECT_THAT(store.Close(lane_, Soon()), IsOkAndHolds(5));
}

}  // namespace
}  // namespace tally::outbox
