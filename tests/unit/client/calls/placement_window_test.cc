#include "client/calls/placement_window.h"

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "client/calls/channel.h"
#include "common/base/monotonic.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/calls/scripted_server.h"

namespace tally::client {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(20);

orders::v1::PlaceOrderRequest RequestOf(const std::string& request_id) {
  orders::v1::PlaceOrderRequest request;
  request.set_request_id(request_id);
  return request;
}

grpc::Status Overloaded() {
  return rpc::ToGrpcStatus(rpc::ResourceExhausted("QUEUE_FULL", "full", absl::Milliseconds(20)));
}

// A window on a server, and what became of its orders.
class PlacementWindowTest : public testing::Test {
 protected:
  std::unique_ptr<PlacementWindow> Open(const ScriptedServer& server, int orders_max,
                                        absl::Duration deadline = absl::Seconds(20)) {
    return std::make_unique<PlacementWindow>(
        OpenChannel(server.address()),
        PlacementWindow::Options{.orders_max = orders_max, .deadline = deadline},
        [this](const PlacementWindow::Outcome& outcome) {
          done_[outcome.request.request_id()].push_back(outcome.status.error_code());
          if (outcome.status.ok()) ids_.push_back(outcome.response.order().order_id());
        });
  }

  void AdvanceUntilEmpty(PlacementWindow& window) {
    const absl::Duration end = base::MonotonicNow() + kPatience;
    while (window.size() > 0 && base::MonotonicNow() < end) window.Advance(absl::Seconds(1));
    ASSERT_EQ(window.size(), 0);
  }

  std::map<std::string, std::vector<grpc::StatusCode>> done_;
  std::vector<std::string> ids_;
};

TEST_F(PlacementWindowTest, GivesEachOrderItsAnswerOnce) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  const auto window = Open(server, 8);
  for (int i = 0; i < 40; ++i) {
    while (window->full()) window->Advance(kPatience);
    window->Place(static_cast<uint64_t>(i), RequestOf(absl::StrCat("r", i)));
  }
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, SizeIs(40));
  EXPECT_THAT(done_, Each(Pair(testing::_, ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(ids_, SizeIs(40));
  EXPECT_THAT(ids_, testing::Contains("order of r39"));
}

TEST_F(PlacementWindowTest, SendsAgainWhatWasTurnedAwayUnderTheSameRequestId) {
  ScriptedServer server(
      [](const auto&, int attempt) { return attempt < 3 ? Overloaded() : grpc::Status::OK; });
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(server.Calls(), ElementsAre("a", "a", "a"));
  EXPECT_THAT(window->retried(), ElementsAre(Pair(grpc::StatusCode::RESOURCE_EXHAUSTED, 2)));
}

TEST_F(PlacementWindowTest, DoesNotRepeatWhatWasRefused) {
  ScriptedServer server([](const auto&, int) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such currency");
  });
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_,
              UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::INVALID_ARGUMENT))));
  EXPECT_THAT(server.Calls(), SizeIs(1));
}

TEST_F(PlacementWindowTest, SurvivesAServerThatGoesAndComesBack) {
  absl::Notification arrived;
  absl::Notification gone;
  ScriptedServer server([&](const auto&, int attempt) {
    if (attempt > 1) return grpc::Status::OK;
    arrived.Notify();
    gone.WaitForNotification();
    return grpc::Status::OK;
  });
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  std::thread restart([&] {
    arrived.WaitForNotification();
    std::thread stop([&] { server.Stop(); });
    gone.Notify();
    stop.join();
    server.Start();
  });
  AdvanceUntilEmpty(*window);
  restart.join();
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
}

TEST_F(PlacementWindowTest, PlacesOnceTheServerIsThere) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  server.Stop();
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  while (window->retried().empty()) window->Advance(kPatience);
  server.Start();
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
}

TEST_F(PlacementWindowTest, GivesUpAtTheDeadline) {
  ScriptedServer server([](const auto&, int) { return Overloaded(); });
  const auto window = Open(server, 1, absl::Milliseconds(300));
  window->Place(1, RequestOf("a"));
  const absl::Duration begin = base::MonotonicNow();
  AdvanceUntilEmpty(*window);
  EXPECT_LT(base::MonotonicNow() - begin, absl::Seconds(10));
  EXPECT_THAT(done_, SizeIs(1));
  EXPECT_NE(done_["a"].at(0), grpc::StatusCode::OK);
}

TEST_F(PlacementWindowTest, CallsNobodyBackForOrdersItIsDestroyedWith) {
  absl::Notification arrived;
  absl::Notification end;
  ScriptedServer server([&](const auto&, int) {
    arrived.Notify();
    end.WaitForNotification();
    return grpc::Status::OK;
  });
  auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  arrived.WaitForNotification();
  window.reset();
  end.Notify();
  EXPECT_THAT(done_, SizeIs(0));
}

}  // namespace
}  // namespace tally::client
