#include "order_service/domain/cancellation_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tally::orders {
namespace {

using testing::ElementsAre;
using Kind = CancellationDecision::Kind;

base::Uuid Id(uint8_t number) { return base::Uuid(base::Uuid::Bytes{number}); }

CancellationKey Command(uint8_t order, absl::string_view request_id = "",
                        absl::string_view etag = "", absl::string_view fingerprint = "f") {
  return {Id(order), etag, "caller", request_id, fingerprint};
}

CancellableOrder Placed(uint8_t order) { return {Id(order), "v1", false, "", "", ""}; }

CancellableOrder Cancelled(uint8_t order, absl::string_view request_id = "") {
  return {Id(order), "v2", true, "caller", request_id, "f"};
}

TEST(CancellationPlanTest, CancelsWhatIsPlaced) {
  EXPECT_THAT(
      PlanCancellations({Command(1), Command(2, "a", "v1")}, {Placed(1), Placed(2)}),
      ElementsAre(CancellationDecision{Kind::kCancel, 0}, CancellationDecision{Kind::kCancel, 1}));
}

TEST(CancellationPlanTest, AnUnknownOrderIsNotFound) {
  EXPECT_EQ(PlanCancellations({Command(1)}, {Placed(2)})[0].kind, Kind::kNotFound);
}

TEST(CancellationPlanTest, AnotherEtagIsStale) {
  EXPECT_THAT(PlanCancellations({Command(1, "", "v7")}, {Placed(1)}),
              ElementsAre(CancellationDecision{Kind::kStale, 0}));
}

TEST(CancellationPlanTest, CancellingTwiceChangesNothingWhateverTheEtag) {
  EXPECT_THAT(PlanCancellations({Command(1, "", "v1"), Command(1, "new")}, {Cancelled(1)}),
              ElementsAre(CancellationDecision{Kind::kCancelled, 0},
                          CancellationDecision{Kind::kCancelled, 0}));
}

TEST(CancellationPlanTest, ADoubleCancelInOneBatchCancelsOnce) {
  EXPECT_THAT(
      PlanCancellations({Command(1, "a", "v1"), Command(1, "b", "v1"), Command(1)}, {Placed(1)}),
      ElementsAre(CancellationDecision{Kind::kCancel, 0}, CancellationDecision{Kind::kCancelled, 0},
                  CancellationDecision{Kind::kCancelled, 0}));
}

TEST(CancellationPlanTest, ARepeatedRequestIdIsKnownAfterItsFingerprintWasErased) {
  CancellableOrder erased = Cancelled(1, "a");
  erased.fingerprint = "";
  EXPECT_THAT(PlanCancellations({Command(1, "a"), Command(2, "a")}, {erased, Placed(2)}),
              ElementsAre(CancellationDecision{Kind::kCancelled, 0},
                          CancellationDecision{Kind::kConflict, 0}));
}

TEST(CancellationPlanTest, ARepeatedRequestIdIsKnown) {
  EXPECT_THAT(PlanCancellations({Command(1, "a", "v1")}, {Cancelled(1, "a")}),
              ElementsAre(CancellationDecision{Kind::kCancelled, 0}));
}

TEST(CancellationPlanTest, ARequestIdWithOtherContentIsAConflict) {
  const std::vector<CancellationKey> commands = {Command(2, "a"),  // another order than stored
                                                 Command(1, "a", "", "other"),  // another reason
                                                 Command(2, "b"),
                                                 Command(3, "b")};  // two orders in one batch
  const std::vector<CancellableOrder> orders = {Cancelled(1, "a"), Placed(2), Placed(3)};
  EXPECT_THAT(
      PlanCancellations(commands, orders),
      ElementsAre(CancellationDecision{Kind::kConflict, 0},
                  CancellationDecision{Kind::kConflict, 0}, CancellationDecision{Kind::kCancel, 1},
                  CancellationDecision{Kind::kConflict, 1}));
}

TEST(CancellationPlanTest, RequestIdsOfCallersAreApart) {
  CancellationKey other = Command(2, "a");
  other.caller = "another";
  EXPECT_THAT(PlanCancellations({other}, {Cancelled(1, "a"), Placed(2)}),
              ElementsAre(CancellationDecision{Kind::kCancel, 1}));
}

// Cut into batches at random, every order is cancelled at most once, and every command is told the
// same as when all came one by one.
TEST(CancellationPlanTest, BatchesDecideAsOneByOne) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    constexpr absl::string_view kRequestIds[] = {"a", "b", "c", "d", "", "", "", ""};
    std::vector<CancellationKey> commands;
    for (int i = 0; i < 20; ++i) {
      commands.push_back(Command(random() % 5, kRequestIds[random() % 8], random() % 3 ? "" : "v1",
                                 random() % 4 ? "f" : "g"));
    }
    std::map<size_t, std::vector<Kind>> kinds;  // by batch size
    for (const size_t batch : {size_t{1}, size_t{7}, size_t{20}}) {
      std::vector<CancellableOrder> orders = {Placed(0), Placed(1), Placed(2), Placed(3)};
      std::set<size_t> cancelled;
      for (size_t first = 0; first < commands.size(); first += batch) {
        const auto part = absl::MakeConstSpan(commands).subspan(first, batch);
        const std::vector<CancellationDecision> plan = PlanCancellations(part, orders);
        for (size_t i = 0; i < plan.size(); ++i) {
          kinds[batch].push_back(plan[i].kind);
          if (plan[i].kind != Kind::kCancel) continue;
          ASSERT_TRUE(cancelled.insert(plan[i].order).second);
          orders[plan[i].order] = {
              part[i].order_id,   "v2", true, part[i].caller, part[i].request_id,
              part[i].fingerprint};
        }
      }
    }
    EXPECT_EQ(kinds[1], kinds[7]);
    EXPECT_EQ(kinds[1], kinds[20]);
  }
}

}  // namespace
}  // namespace tally::orders
