#include "client/load/load_connection.h"

#include <atomic>
#include <set>

#include "absl/synchronization/notification.h"
#include "common/base/monotonic.h"
#include "gtest/gtest.h"
#include "tests/testkit/eventually.h"
#include "tests/unit/client/calls/scripted_server.h"

namespace tally::client {
namespace {

using testkit::kPatience;

LoadPlan PlanFor(const ScriptedServer& server, int64_t count) {
  LoadPlan plan;
  plan.server = {server.address()};
  plan.count = count;
  plan.concurrency = 4;
  plan.deadline = absl::Seconds(20);
  return plan;
}

class LoadConnectionKindTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Bulk, LoadConnectionKindTest, testing::Bool());

TEST_P(LoadConnectionKindTest, SendsTheCountUnderDifferentRequestIds) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  LoadPlan plan = PlanFor(server, 30);
  plan.bulk = GetParam();
  LoadConnection connection(plan, 0, "run", base::MonotonicNow());
  ASSERT_TRUE(testkit::Eventually(kPatience, [&] { return connection.finished(); }));
  EXPECT_EQ(connection.result().placed(), 30);
  EXPECT_TRUE(connection.result().failed.empty());
  const std::vector<std::string> calls = server.Calls();
  EXPECT_EQ(calls.size(), 30u);
  EXPECT_EQ(std::set<std::string>(calls.begin(), calls.end()).size(), 30u);
}

TEST(LoadConnectionTest, CountsWhatIsRefusedByCode) {
  ScriptedServer server([](const auto& request, int) {
    return request.lines_size() == 2 ? grpc::Status::OK
                                     : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "");
  });
  LoadPlan plan = PlanFor(server, 5);
  plan.orders.lines = 3;
  LoadConnection connection(plan, 0, "run", base::MonotonicNow());
  ASSERT_TRUE(testkit::Eventually(kPatience, [&] { return connection.finished(); }));
  EXPECT_EQ(connection.result().placed(), 0);
  EXPECT_EQ(connection.result().failed.at(grpc::StatusCode::INVALID_ARGUMENT), 5);
}

TEST(LoadConnectionTest, MeasuresFromTheTimeAnOrderWasDue) {
  absl::Notification released;
  ScriptedServer server([&](const auto&, int) {
    released.WaitForNotification();
    return grpc::Status::OK;
  });
  LoadPlan plan = PlanFor(server, 3);
  plan.rate = 1000;
  plan.concurrency = 1;
  // All three were due a minute ago; the second and third are held up by the first alone.
  LoadConnection connection(plan, 0, "run", base::MonotonicNow() - absl::Minutes(1));
  released.Notify();
  ASSERT_TRUE(testkit::Eventually(kPatience, [&] { return connection.finished(); }));
  EXPECT_EQ(connection.result().placed(), 3);
  EXPECT_GE(connection.result().latency.Percentile(1), absl::Seconds(59));
}

TEST(LoadConnectionTest, ReadsAnswersWhileMoreIsDue) {
  constexpr int kOrders = 5000;
  LoadConnection* connection = nullptr;
  absl::Notification started;
  std::atomic<int64_t> sent_before_reading = 0;
  ScriptedServer server([&](const auto& request, int) {
    if (request.request_id() != "run/0/100") return grpc::Status::OK;
    started.WaitForNotification();
    EXPECT_EVENTUALLY(connection->placed() > 0, kPatience);
    sent_before_reading = connection->sent();
    return grpc::Status::OK;
  });
  LoadPlan plan = PlanFor(server, kOrders);
  plan.rate = 1000;
  plan.concurrency = kOrders;
  // All were due a minute ago, and there is room for all of them.
  LoadConnection late(plan, 0, "run", base::MonotonicNow() - absl::Minutes(1));
  connection = &late;
  started.Notify();
  ASSERT_EVENTUALLY(late.finished(), kPatience);
  EXPECT_EQ(late.result().placed(), kOrders);
  EXPECT_LT(sent_before_reading, kOrders);
}

TEST(LoadConnectionTest, FinishesWhatIsUnderWayWhenStopped) {
  absl::Notification arrived;
  absl::Notification released;
  ScriptedServer server([&](const auto& request, int) {
    if (request.request_id() == "run/0/0") arrived.Notify();
    released.WaitForNotification();
    return grpc::Status::OK;
  });
  LoadConnection connection(PlanFor(server, 1'000'000), 0, "run", base::MonotonicNow());
  arrived.WaitForNotification();
  connection.Stop();
  EXPECT_FALSE(connection.finished());
  released.Notify();
  ASSERT_TRUE(testkit::Eventually(kPatience, [&] { return connection.finished(); }));
  EXPECT_EQ(connection.result().placed(), connection.sent());
  EXPECT_LT(connection.sent(), 100);
}

}  // namespace
}  // namespace tally::client
