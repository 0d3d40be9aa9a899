// Two replicas on one PostgreSQL, their transactions interleaved in a fixed order.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>
#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::Each;
using testing::Pair;
using testing::SizeIs;
using testkit::Deliver;
using testkit::kPatience;
using testkit::Lane;
using testkit::MakeEvent;

class InterleavingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
    first = std::make_unique<Replica>(url, "first");
    second = std::make_unique<Replica>(url, "second");
    observer = std::make_unique<Replica>(url, "observer");
  }
  void TearDown() override { EXPECT_THAT(observer->Counted(), Each(Pair(testing::_, 1))); }

  // Stops `first` inside its transaction, after it has locked its lanes, until `release`.
  void HoldFirst() {
    first->handler.verdict = [this](db::Transaction&, const bus::Event&) {
      if (!holding.HasBeenNotified()) holding.Notify();
      release.WaitForNotification();
      return crash ? absl::InternalError("crashed") : absl::OkStatus();
    };
  }
  std::thread Start(Replica& replica, std::vector<bus::Delivery> deliveries,
                    Inbox::Received& received) {
    return std::thread([&replica, deliveries = std::move(deliveries), &received] {
      const absl::StatusOr<Inbox::Received> result = replica.Receive(deliveries);
      EXPECT_OK(result);
      received = result.value_or(Inbox::Received());
    });
  }
  bool SomebodyWaitsForALock() {
    int64_t waiting = 0;
    observer->Read([&](db::Transaction& transaction) {
      return transaction.Query<int64_t>(fixture::sql::kCountWaiting, db::Params{},
                                        [&](int64_t count) { waiting = count; });
    });
    return waiting > 0;
  }

  std::unique_ptr<Replica> first, second, observer;
  absl::Notification holding, release;
  bool crash = false;
  Inbox::Received first_received, second_received;
};

TEST_F(InterleavingTest, ARangeThatAnotherReplicaJustCommittedIsSeen) {
  EXPECT_OK(first->Receive(Sequences(1, 1, 3)));
  HoldFirst();
  std::thread one = Start(*first, Sequences(1, 7, 7), first_received);
  EXPECT_TRUE(holding.WaitForNotificationWithTimeout(kPatience));
  std::thread two = Start(*second, Sequences(1, 7, 8), second_received);
  EXPECT_EVENTUALLY(SomebodyWaitsForALock(), kPatience);
  release.Notify();
  one.join();
  two.join();
  EXPECT_EQ(second_received.duplicates, 1);
  EXPECT_EQ(second_received.applied, 1);
  EXPECT_EQ(observer->Watermark(1), "3 [7-8]");
}

TEST_F(InterleavingTest, OverlappingBatchesOfTwoReplicasCountOnce) {
  HoldFirst();
  std::vector<bus::Delivery> batch = Sequences(1, 1, 10);
  const std::vector<bus::Delivery> more = Sequences(2, 1, 10);
  batch.insert(batch.end(), more.begin(), more.end());
  std::thread one = Start(*first, batch, first_received);
  EXPECT_TRUE(holding.WaitForNotificationWithTimeout(kPatience));
  std::reverse(batch.begin(), batch.end());
  batch.push_back(Deliver(MakeEvent(3, 1)));
  std::thread two = Start(*second, batch, second_received);
  EXPECT_EVENTUALLY(SomebodyWaitsForALock(), kPatience);
  release.Notify();
  one.join();
  two.join();
  EXPECT_EQ(first_received.applied, 20);
  EXPECT_EQ(second_received.applied, 1);
  EXPECT_EQ(second_received.duplicates, 20);
}

TEST_F(InterleavingTest, ANewLaneLosesNothingWhenItsFirstEventsAreInAnotherReplicasHands) {
  HoldFirst();
  std::thread one = Start(*first, Sequences(1, 1, 4), first_received);
  EXPECT_TRUE(holding.WaitForNotificationWithTimeout(kPatience));
  std::thread two = Start(*second, Sequences(1, 5, 5), second_received);
  EXPECT_EVENTUALLY(SomebodyWaitsForALock(), kPatience);
  release.Notify();
  one.join();
  two.join();
  EXPECT_EQ(observer->Watermark(1), "5 []");
  EXPECT_THAT(observer->Counted(), SizeIs(5));
}

TEST_F(InterleavingTest, ANewLaneLosesNothingWhenTheReplicaThatHasItsFirstEventsCrashes) {
  HoldFirst();
  crash = true;
  std::thread one([this] { EXPECT_FALSE(first->Receive(Sequences(1, 1, 4)).ok()); });
  EXPECT_TRUE(holding.WaitForNotificationWithTimeout(kPatience));
  std::thread two = Start(*second, Sequences(1, 5, 5), second_received);
  EXPECT_EVENTUALLY(SomebodyWaitsForALock(), kPatience);
  release.Notify();
  one.join();
  two.join();
  EXPECT_EQ(observer->Watermark(1), "0 [5]");
  EXPECT_OK(second->Receive(Sequences(1, 1, 4)));
  EXPECT_EQ(observer->Watermark(1), "5 []");
  EXPECT_THAT(observer->Counted(), SizeIs(5));
}

TEST_F(InterleavingTest, ALetterTriedByTwoReplicasIsAppliedOnce) {
  first->handler.verdict = [](db::Transaction&, const bus::Event&) {
    return absl::InternalError("no");
  };
  EXPECT_OK(first->Receive(Sequences(1, 1, 1)));
  for (Replica* replica : {first.get(), second.get()}) replica->clock.Advance(absl::Seconds(5));
  HoldFirst();
  std::thread one([this] { EXPECT_OK(first->letters.Retry(10)); });
  EXPECT_TRUE(holding.WaitForNotificationWithTimeout(kPatience));
  const absl::StatusOr<LetterRetrier::Round> round = second->letters.Retry(10);
  EXPECT_OK(round);
  EXPECT_EQ(round->tried, 0);
  release.Notify();
  one.join();
  EXPECT_EQ(second->handler.calls, 0);
  EXPECT_THAT(observer->Counted(), SizeIs(1));
  EXPECT_THAT(observer->Letters(), SizeIs(0));
}

TEST_F(InterleavingTest, FourHundredOverlappingBatchesNeverDeadlock) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  constexpr int kLanes = 12;
  const auto work = [&](Replica& replica, unsigned salt) {
    std::mt19937 random(seed + salt);
    for (int round = 0; round < 200; ++round) {
      std::vector<bus::Delivery> batch;
      for (int i = 0; i < 20; ++i) {
        batch.push_back(Deliver(MakeEvent(1 + static_cast<int>(random() % kLanes),
                                          1 + static_cast<int64_t>(random() % 500))));
      }
      ASSERT_OK(replica.Receive(batch));
    }
  };
  std::thread one([&] { work(*first, 1); });
  std::thread two([&] { work(*second, 2); });
  one.join();
  two.join();
}

}  // namespace
}  // namespace tally::inbox
