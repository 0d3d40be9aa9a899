#include "client/calls/stream_window.h"
#include "client/calls/unary_window.h"

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
#include "tests/testkit/eventually.h"
#include "tests/unit/client/calls/scripted_server.h"

namespace tally::client {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using testkit::kPatience;

orders::v1::PlaceOrderRequest RequestOf(const std::string& request_id) {
  orders::v1::PlaceOrderRequest request;
  request.set_request_id(request_id);
  return request;
}

grpc::Status Overloaded() {
  return rpc::ToGrpcStatus(rpc::ResourceExhausted("QUEUE_FULL", "full", absl::Milliseconds(20)));
}

// A window on a server, and what became of its orders.
class Placing {
 protected:
  std::unique_ptr<PlacementWindow> Open(bool bulk, const ScriptedServer& server, int orders_max,
                                        absl::Duration deadline = absl::Seconds(20)) {
    const PlacementWindow::Options options{.orders_max = orders_max, .deadline = deadline};
    const auto take = [this](const PlacementWindow::Outcome& outcome) {
      done_[outcome.request.request_id()].push_back(outcome.status.error_code());
      if (outcome.status.ok()) ids_.push_back(outcome.response.order().order_id());
    };
    const std::shared_ptr<grpc::Channel> channel = OpenChannel({server.address()});
    if (bulk) return std::make_unique<StreamWindow>(channel, options, kMessageOrders, take);
    return std::make_unique<UnaryWindow>(channel, options, take);
  }

  void AdvanceUntilEmpty(PlacementWindow& window) {
    const absl::Duration end = base::MonotonicNow() + kPatience;
    while (window.size() > 0 && base::MonotonicNow() < end) window.Advance(absl::Seconds(1));
    ASSERT_EQ(window.size(), 0);
  }

  static constexpr int kMessageOrders = 3;

  std::map<std::string, std::vector<grpc::StatusCode>> done_;
  std::vector<std::string> ids_;
};

// Of either kind.
class PlacementWindowTest : public testing::TestWithParam<bool>, protected Placing {
 protected:
  template <typename... Args>
  std::unique_ptr<PlacementWindow> Open(Args&&... args) {
    return Placing::Open(GetParam(), std::forward<Args>(args)...);
  }
};

INSTANTIATE_TEST_SUITE_P(Windows, PlacementWindowTest, testing::Bool(),
                         [](const auto& window) { return window.param ? "Stream" : "Unary"; });

class StreamWindowTest : public testing::Test, protected Placing {};

TEST_P(PlacementWindowTest, GivesEachOrderItsAnswerOnce) {
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

TEST_P(PlacementWindowTest, SendsAgainWhatWasTurnedAwayUnderTheSameRequestId) {
  ScriptedServer server(
      [](const auto&, int attempt) { return attempt < 3 ? Overloaded() : grpc::Status::OK; });
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(server.Calls(), ElementsAre("a", "a", "a"));
  EXPECT_THAT(window->retried(), ElementsAre(Pair(grpc::StatusCode::RESOURCE_EXHAUSTED, 2)));
}

TEST_P(PlacementWindowTest, DoesNotRepeatWhatWasRefused) {
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

TEST_P(PlacementWindowTest, SurvivesAServerThatGoesAndComesBack) {
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

TEST_P(PlacementWindowTest, PlacesOnceTheServerIsThere) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  server.Stop();
  const auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  while (window->retried().empty()) window->Advance(kPatience);
  server.Start();
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
}

TEST_P(PlacementWindowTest, GivesUpAtTheDeadline) {
  ScriptedServer server([](const auto&, int) { return Overloaded(); });
  const auto window = Open(server, 1, absl::Milliseconds(300));
  window->Place(1, RequestOf("a"));
  const absl::Duration begin = base::MonotonicNow();
  AdvanceUntilEmpty(*window);
  EXPECT_LT(base::MonotonicNow() - begin, absl::Seconds(10));
  EXPECT_THAT(done_, SizeIs(1));
  EXPECT_NE(done_["a"].at(0), grpc::StatusCode::OK);
}

TEST_P(PlacementWindowTest, CallsNobodyBackForOrdersItIsDestroyedWith) {
  absl::Notification arrived;
  absl::Notification end;
  ScriptedServer server([&](const auto&, int) {
    arrived.Notify();
    end.WaitForNotification();
    return grpc::Status::OK;
  });
  auto window = Open(server, 1);
  window->Place(1, RequestOf("a"));
  while (!arrived.HasBeenNotified()) window->Advance(absl::Milliseconds(10));
  window.reset();
  end.Notify();
  EXPECT_THAT(done_, SizeIs(0));
}

TEST_F(StreamWindowTest, WhatIsNotAnsweredWhenTheStreamEndsIsSentAgainOnAnother) {
  ScriptedServer server([](const auto& request, int attempt) {
    return attempt == 1 && request.request_id() == "b" ? EndOfStream() : grpc::Status::OK;
  });
  const auto window = Open(true, server, 8);
  for (const char* id : {"a", "b", "c", "d"}) window->Place(1, RequestOf(id));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, SizeIs(4));
  EXPECT_THAT(done_, Each(Pair(testing::_, ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(window->retried(), ElementsAre(Pair(grpc::StatusCode::UNAVAILABLE, 4)));
}

TEST_F(StreamWindowTest, ANewOrderDoesNotOpenAStreamBeforeTheTimeTheLastAskedFor) {
  ScriptedServer server([](const auto& request, int attempt) {
    return attempt == 1 && request.request_id() == "a" ? EndOfStream() : grpc::Status::OK;
  });
  const auto window = Open(true, server, 8);
  const absl::Duration begin = base::MonotonicNow();
  window->Place(1, RequestOf("a"));
  while (window->retried().empty()) window->Advance(kPatience);
  window->Place(2, RequestOf("b"));
  while (!done_.contains("b")) window->Advance(kPatience);
  EXPECT_GE(base::MonotonicNow() - begin, kComeBack);
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_, Each(Pair(testing::_, ElementsAre(grpc::StatusCode::OK))));
}

TEST_F(StreamWindowTest, AnErrorOfOneItemIsThatItemsAlone) {
  ScriptedServer server([](const auto& request, int attempt) {
    if (request.request_id() == "b") {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such currency");
    }
    return request.request_id() == "c" && attempt == 1 ? Overloaded() : grpc::Status::OK;
  });
  const auto window = Open(true, server, 8);
  for (const char* id : {"a", "b", "c"}) window->Place(1, RequestOf(id));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_,
              UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK)),
                                   Pair("b", ElementsAre(grpc::StatusCode::INVALID_ARGUMENT)),
                                   Pair("c", ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(server.Calls(), ElementsAre("a", "b", "c", "c"));
}

TEST_F(StreamWindowTest, AnOrderTooLargeForAMessageFailsAlone) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  const auto window = Open(true, server, 8);
  orders::v1::PlaceOrderRequest large = RequestOf("large");
  large.set_customer(std::string(5 << 20, 'c'));
  window->Place(1, std::move(large));
  window->Place(2, RequestOf("small"));
  AdvanceUntilEmpty(*window);
  EXPECT_THAT(done_,
              UnorderedElementsAre(Pair("large", ElementsAre(grpc::StatusCode::RESOURCE_EXHAUSTED)),
                                   Pair("small", ElementsAre(grpc::StatusCode::OK))));
}

TEST_F(StreamWindowTest, ASilentStreamIsGivenUpForAnother) {
  absl::Notification end;
  ScriptedServer server([&](const auto&, int attempt) {
    if (attempt == 1) end.WaitForNotification();
    return grpc::Status::OK;
  });
  const auto window = Open(true, server, 1);
  window->Place(1, RequestOf("a"));
  AdvanceUntilEmpty(*window);
  end.Notify();
  EXPECT_THAT(done_, UnorderedElementsAre(Pair("a", ElementsAre(grpc::StatusCode::OK))));
  EXPECT_THAT(window->retried(), ElementsAre(Pair(grpc::StatusCode::DEADLINE_EXCEEDED, 1)));
}

TEST_F(StreamWindowTest, HalfClosesTheStreamWhenAllIsDone) {
  ScriptedServer server([](const auto&, int) { return grpc::Status::OK; });
  auto window = Open(true, server, 8);
  window->Place(1, RequestOf("a"));
  AdvanceUntilEmpty(*window);
  window.reset();
  EXPECT_EQ(server.half_closed(), 1);
}

}  // namespace
}  // namespace tally::client
