#include <gmock/gmock.h>

#include "tests/integration/bus/bus_test_case.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::bus {
namespace {

using testkit::StatusIs;

class ConnectionTest : public BusTestCase {};

TEST_F(ConnectionTest, WithoutAServerEverythingIsUnavailableAtOnce) {
  const testkit::FreePort port;
  const absl::Time begin = absl::Now();
  ASSERT_OK_AND_ASSIGN(
      const auto bus,
      NewNatsBus({.urls = {absl::StrCat("nats://127.0.0.1:", port.port())}, .name = "test"},
                 telemetry_));
  const auto publisher = bus->NewPublisher({});
  const auto consumer = bus->NewPullConsumer({.stream = "ORDERS", .durable = "activity"});
  EXPECT_FALSE(bus->Connected());
  EXPECT_THAT(bus->MaxPayload(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(bus->Declare(stream_, Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(publisher->Publish(1, MakeMessage(1), "lane/1"),
              StatusIs(absl::StatusCode::kUnavailable));
  publisher->Flush();
  EXPECT_TRUE(publisher->TakeResults().empty());
  EXPECT_THAT(consumer->Take(10), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(8));
}

TEST_F(ConnectionTest, TriesTheNextServerOfTheList) {
  Start();
  const testkit::FreePort nobody;
  for (int round = 0; round < 4; ++round) {  // The order is random.
    ASSERT_OK_AND_ASSIGN(
        const auto bus,
        NewNatsBus({.urls = {absl::StrCat("nats://127.0.0.1:", nobody.port()), server_->url()},
                    .name = "t"},
                   telemetry_));
    EXPECT_EVENTUALLY(bus->Connected(), kPatience);
  }
}

TEST_F(ConnectionTest, GoesOnTryingAfterAuthenticationFailed) {
  StartServer("authorization { users: [ { user: other, password: secret } ] }");
  testkit::TcpGate gate(server_->port());
  ASSERT_OK_AND_ASSIGN(const auto bus, NewNatsBus({.urls = {gate.Through(UrlOf("ours"))},
                                                   .name = "test",
                                                   .reconnect_wait = absl::Milliseconds(20)},
                                                  telemetry_));
  EXPECT_EVENTUALLY(gate.total_connections() >= 5, kPatience);
  EXPECT_FALSE(bus->Connected());
}

TEST_F(ConnectionTest, NoticesAFrozenServerAndReconnectsWhenItThaws) {
  Start();
  ASSERT_OK(server_->Freeze());
  EXPECT_EVENTUALLY(!bus_->Connected(), absl::Seconds(15));
  ASSERT_OK(server_->Thaw());
  EXPECT_EVENTUALLY(bus_->Connected(), kPatience);
  EXPECT_OK(bus_->Declare(stream_, Soon()));
}

TEST_F(ConnectionTest, WakesPublisherAndConsumerWhenTheConnectionChanges) {
  Start();
  base::WakeUp publisher_woken;
  base::WakeUp consumer_woken;
  const auto publisher = bus_->NewPublisher({.waker = [&] { publisher_woken.Set(); }});
  const auto consumer = bus_->NewPullConsumer(
      {.stream = "ORDERS", .durable = "activity", .waker = [&] { consumer_woken.Set(); }});
  ASSERT_OK(server_->Stop());
  EXPECT_TRUE(publisher_woken.WaitFor(kPatience));
  EXPECT_TRUE(consumer_woken.WaitFor(kPatience));
}

TEST_F(ConnectionTest, EndsWithinSecondsWhileNobodyAnswers) {
  Start();
  DeclareBoth();
  auto consumer = NewConsumer(*bus_);
  ASSERT_OK(consumer->Take(1));
  ASSERT_OK(server_->Freeze());
  auto publisher = NewPublisher(*bus_);
  EXPECT_OK(publisher->Publish(1, MakeMessage(1), "lane/1"));
  const absl::Time begin = absl::Now();
  publisher.reset();
  consumer.reset();
  bus_.reset();
  EXPECT_LT(absl::Now() - begin, kPatience);
}

TEST_F(ConnectionTest, RefusesOptionsNoServerCouldBeReachedWith) {
  EXPECT_THAT(NewNatsBus({}, telemetry_), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(NewNatsBus({.urls = {"http://127.0.0.1:4222"}, .name = "t"}, telemetry_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace tally::bus
