#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/integration/bus/bus_test_case.h"
#include "tests/integration/bus/other_client.h"

namespace tally::bus {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testkit::StatusIs;

class PullConsumerTest : public BusTestCase {
 protected:
  static std::vector<std::string> Payloads(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> payloads;
    for (const Delivery& delivery : deliveries) payloads.push_back(delivery.message.payload);
    return payloads;
  }

  // Acknowledges `before`, taken from an earlier durable, and sees that none of the three messages
  // that the present one awaits an acknowledgement for is gone. The server takes acknowledgements
  // in order: when a later one has arrived, so have these.
  void ExpectNotAcknowledgedBy(PullConsumer& consumer, const std::vector<Delivery>& before) {
    ASSERT_EQ(AckPending(), 3);
    consumer.Ack(before);
    PublishStored(4, 4);
    const std::vector<Delivery> fourth = TakeAtLeast(consumer, 1);
    EXPECT_EQ(fourth.at(0).message.payload, "order 4");
    consumer.Ack(fourth);
    EXPECT_EVENTUALLY(AckPending() != 4, kPatience);
    EXPECT_EQ(AckPending(), 3);
  }
};

TEST_F(PullConsumerTest, ADeliveryCarriesTheMessageAndItsPlaceInTheStream) {
  Start();
  DeclareBoth();
  PublishStored(1, 3);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> taken = TakeAtLeast(*consumer, 3);
  ASSERT_EQ(taken.size(), 3u);
  const Delivery& second = taken[1];
  EXPECT_EQ(second.message.subject, "orders.v1.created");
  EXPECT_EQ(second.message.payload, "order 2");
  EXPECT_EQ(second.message.headers.Get("ce-sequence"), "2");
  EXPECT_EQ(second.message.headers.Get("Nats-Msg-Id"), "lane/2");
  EXPECT_EQ(second.stream_sequence, 2);
  EXPECT_EQ(second.delivery_count, 1);
  EXPECT_EQ(second.pending, 1);
  EXPECT_LT(absl::AbsDuration(second.stored_time - absl::Now()), absl::Minutes(1));
}

// Our writing and reading of headers goes around the library's: another client's must agree with
// both.
TEST_F(PullConsumerTest, HeadersAreThoseThatOtherClientsWriteAndRead) {
  Start();
  DeclareBoth();
  OtherClient other(server_->url());
  const std::map<std::string, std::string> headers = {{"ce-id", "lane/1"},
                                                      {"ce-time", "2023-11-14T22:13:20.123456Z"},
                                                      {"traceparent", "00-0af7-b7ad-01"}};
  other.Publish("orders.v1.created", headers, "");
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> taken = TakeAtLeast(*consumer, 1);
  const auto& entries = taken.at(0).message.headers.entries();
  EXPECT_EQ((std::map<std::string, std::string>(entries.begin(), entries.end())), headers);
  EXPECT_EQ(taken.at(0).message.payload, "");

  other.Listen("orders.v1.created");
  PublishStored(7, 7);
  EXPECT_THAT(other.NextHeaders(), testing::UnorderedElementsAre(Pair("ce-sequence", "7"),
                                                                 Pair("Nats-Msg-Id", "lane/7")));
}

TEST_F(PullConsumerTest, AcknowledgedMessagesNeverComeAgainAndTheOthersDo) {
  Start();
  durable_.ack_wait = absl::Seconds(2);
  DeclareBoth();
  PublishStored(1, 4);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> taken = TakeAtLeast(*consumer, 4);
  consumer->Ack(absl::MakeSpan(taken).subspan(0, 3));
  const std::vector<Delivery> again = TakeAtLeast(*consumer, 1);
  EXPECT_THAT(Payloads(again), ElementsAre("order 4"));
  EXPECT_EQ(again[0].delivery_count, 2);
  EXPECT_EQ(Metric("tally_bus_redeliveries_total"), 1);
  consumer->Ack(again);
  EXPECT_EVENTUALLY(AckPending() == 0, kPatience);
}

TEST_F(PullConsumerTest, ANakBringsItBackAfterTheDelayAndInProgressPutsItOff) {
  Start();
  durable_.ack_wait = absl::Seconds(2);
  DeclareBoth();
  PublishStored(1, 2);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> taken = TakeAtLeast(*consumer, 2);
  const absl::Time begin = absl::Now();
  consumer->Nak(absl::MakeSpan(taken).subspan(0, 1), absl::Milliseconds(500));
  std::vector<Delivery> again;
  EXPECT_TRUE(Repeat([&] {
    consumer->InProgress(absl::MakeSpan(taken).subspan(1, 1));
    auto some = consumer->Take(10);
    if (some.ok()) again.insert(again.end(), some->begin(), some->end());
    return absl::Now() - begin > absl::Seconds(4);
  }));
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again[0].message.payload, "order 1");
  for (const Delivery& delivery : again) EXPECT_EQ(delivery.message.payload, "order 1");
}

TEST_F(PullConsumerTest, NeverHoldsMoreThanThePrefetch) {
  Start();
  DeclareBoth();
  PublishStored(1, 1000);
  const auto consumer = NewConsumer(*bus_, 100);
  int64_t taken = 0;
  EXPECT_TRUE(Repeat([&] {
    const auto some = consumer->Take(10);  // and acknowledges none of them
    if (!some.ok()) return false;
    taken += static_cast<int64_t>(some->size());
    EXPECT_LE(AckPending(), taken + 100);
    wake_up_.Set();
    return taken >= 500;
  }));
}

TEST_F(PullConsumerTest, AMessageLargerThanTheServerTakesTodayArrives) {
  Start("max_payload: 16777216");
  DeclareBoth();
  Message large = MakeMessage(1);
  large.payload = std::string(12 << 20, 'x');
  const auto publisher = NewPublisher(*bus_, 10, absl::Minutes(1));
  EXPECT_TRUE(Repeat([&] {
    publisher->Publish(1, large, Id(1)).IgnoreError();
    return !publisher->TakeResults().empty();
  }));
  ASSERT_OK(server_->Restart("max_payload: 1048576"));
  const auto consumer = NewConsumer(*bus_);
  EXPECT_TRUE(Repeat([&] {
    const auto some = consumer->Take(1);
    return some.ok() && !some->empty() && some->front().message.payload == large.payload;
  }));
}

TEST_F(PullConsumerTest, LargeMessagesAllArriveThoughTheyExceedARequestsBytes) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_, 10, absl::Minutes(1));
  const std::string payload(900'000, 'x');
  int64_t sent = 0;
  int64_t stored = 0;
  EXPECT_TRUE(Repeat([&] {
    Message message = MakeMessage(sent);
    message.payload = payload;
    while (sent < 60 && publisher->Publish(1, message, Id(sent)).ok()) ++sent;
    stored += static_cast<int64_t>(publisher->TakeResults().size());
    return stored == 60;
  }));
  const auto consumer = NewConsumer(*bus_);
  const absl::Time end = absl::Now() + absl::Seconds(1);
  EXPECT_TRUE(Repeat([&] {
    EXPECT_OK(consumer->Take(0));
    return absl::Now() > end;
  }));
  EXPECT_LT(AckPending(), 45) << "holds more than a few requests' bytes";

  std::set<int64_t> sequences;
  EXPECT_TRUE(Repeat([&] {
    auto some = consumer->Take(1);
    if (!some.ok()) return false;
    for (const Delivery& delivery : *some) {
      EXPECT_EQ(delivery.message.payload.size(), payload.size());
      sequences.insert(delivery.stream_sequence);
    }
    if (!some->empty()) wake_up_.Set();
    return sequences.size() == 60;
  }));
}

TEST_F(PullConsumerTest, TwoConsumersOfOneDurableShareItsMessages) {
  Start();
  DeclareBoth();
  const auto first = NewConsumer(*bus_, 50);
  const auto second = NewConsumer(*bus_, 50);
  PublishStored(1, 1000);
  std::multiset<int64_t> sequences;
  size_t by_first = 0;
  EXPECT_TRUE(Repeat([&] {
    for (PullConsumer* consumer : {first.get(), second.get()}) {
      const auto some = consumer->Take(20);
      if (!some.ok()) return false;
      consumer->Ack(*some);
      for (const Delivery& delivery : *some) sequences.insert(delivery.stream_sequence);
      if (consumer == first.get()) by_first += some->size();
    }
    return sequences.size() >= 1000;
  }));
  EXPECT_EQ(sequences.size(), 1000u);
  EXPECT_GT(by_first, 100u);
  EXPECT_LT(by_first, 900u);
}

TEST_F(PullConsumerTest, GoesOnAfterTheServerWasKilledAndStartedAgain) {
  Start();
  DeclareBoth();
  const auto consumer = NewConsumer(*bus_);
  PublishStored(1, 10);
  consumer->Ack(TakeAtLeast(*consumer, 10));
  EXPECT_EVENTUALLY(AckPending() == 0, kPatience);
  for (int64_t round = 1; round <= 3; ++round) {
    server_->Kill();
    EXPECT_TRUE(Repeat([&] { return absl::IsUnavailable(consumer->Take(10).status()); }));
    ASSERT_OK(server_->Restart());
    ASSERT_EVENTUALLY(bus_->Connected(), kPatience);
    PublishStored(10 * round + 1, 10 * round + 10);
    std::set<std::string> payloads;
    EXPECT_TRUE(Repeat([&] {
      const auto some = consumer->Take(100);
      if (!some.ok()) return false;
      consumer->Ack(*some);
      for (const Delivery& delivery : *some) payloads.insert(delivery.message.payload);
      return payloads.count(absl::StrCat("order ", 10 * round + 10)) > 0;
    }));
  }
  EXPECT_EQ(Metric("tally_bus_reconnects_total"), 3);
}

TEST_F(PullConsumerTest, ADeletedDurableIsNotFoundUntilItIsDeclaredAgain) {
  Start();
  DeclareBoth();
  PublishStored(1, 3);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> before = TakeAtLeast(*consumer, 3);
  OtherClient(server_->url()).RequestApi("CONSUMER.DELETE.ORDERS.activity");
  EXPECT_TRUE(Repeat([&] { return absl::IsNotFound(consumer->Take(10).status()); }));
  EXPECT_THAT(consumer->Take(10), StatusIs(absl::StatusCode::kNotFound));

  ASSERT_OK(bus_->Declare(durable_, Soon()));
  EXPECT_EQ(TakeAtLeast(*consumer, 3).size(), 3u);
  ExpectNotAcknowledgedBy(*consumer, before);
}

TEST_F(PullConsumerTest, RepliesToADeletedDurableDoNotReachTheNextOfItsName) {
  Start();
  DeclareBoth();
  PublishStored(1, 3);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> before = TakeAtLeast(*consumer, 3);
  OtherClient(server_->url()).RequestApi("CONSUMER.DELETE.ORDERS.activity");
  ASSERT_OK(bus_->Declare(durable_, Soon()));
  EXPECT_EQ(TakeAtLeast(*consumer, 3).size(), 3u);
  ExpectNotAcknowledgedBy(*consumer, before);
}

TEST_F(PullConsumerTest, ADeletedStreamIsNotFoundUntilItIsDeclaredAgain) {
  Start();
  DeclareBoth();
  const auto consumer = NewConsumer(*bus_);
  ASSERT_OK(consumer->Take(10));
  OtherClient(server_->url()).RequestApi("STREAM.DELETE.ORDERS");
  EXPECT_TRUE(Repeat([&] { return absl::IsNotFound(consumer->Take(10).status()); }));
  DeclareBoth();
  PublishStored(1, 3);
  EXPECT_EQ(TakeAtLeast(*consumer, 3).size(), 3u);
}

TEST_F(PullConsumerTest, AWipedBrokerIsNotFoundUntilItIsDeclaredAgain) {
  Start();
  DeclareBoth();
  PublishStored(1, 3);
  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> before = TakeAtLeast(*consumer, 3);
  server_->Kill();
  ASSERT_OK(server_->WipeStore());
  ASSERT_OK(server_->Restart());
  EXPECT_TRUE(Repeat([&] { return absl::IsNotFound(consumer->Take(10).status()); }));
  DeclareBoth();
  PublishStored(1, 3);
  EXPECT_EQ(TakeAtLeast(*consumer, 3).size(), 3u);
  ExpectNotAcknowledgedBy(*consumer, before);
}

TEST_F(PullConsumerTest, AnIdleConsumerAsksRarely) {
  Start();
  DeclareBoth();
  const auto consumer = NewConsumer(*bus_);
  int steps = 0;
  const absl::Time end = absl::Now() + absl::Seconds(7);  // longer than a request lives
  EXPECT_TRUE(Repeat([&] {
    ++steps;
    EXPECT_OK(consumer->Take(10));
    return absl::Now() > end;
  }));
  EXPECT_LT(steps, 7 * 10 + 40) << "woken again and again for nothing";
  PublishStored(1, 1);
  EXPECT_EQ(TakeAtLeast(*consumer, 1).size(), 1u);
}

TEST_F(PullConsumerTest, ARefusedPullIsNotRepeatedAtOnce) {
  Start();
  ASSERT_OK(bus_->Declare(stream_, Soon()));
  OtherClient(server_->url())
      .RequestApi("CONSUMER.DURABLE.CREATE.ORDERS.activity", R"({"stream_name": "ORDERS",
      "config": {"durable_name": "activity", "ack_policy": "explicit", "max_batch": 1}})");
  const auto consumer = NewConsumer(*bus_);
  int steps = 0;
  const absl::Time end = absl::Now() + absl::Seconds(2);
  EXPECT_TRUE(Repeat([&] {
    ++steps;
    consumer->Take(10).status().IgnoreError();
    return absl::Now() > end;
  }));
  EXPECT_LT(steps, 60);
}

// The account may see the durable's state but not pull from it: to the consumer this is a durable
// that has messages and delivers none.
TEST_F(PullConsumerTest, AStallIsCountedAndMendedStepByStep) {
  StartServer(R"(authorization { users: [
      { user: all, password: secret },
      { user: limited, password: secret, permissions: { publish: { deny: "$JS.API.CONSUMER.MSG.NEXT.>" } } } ] })");
  bus_ = Connect(UrlOf("all"));
  DeclareBoth();
  PublishStored(1, 1);
  const auto limited = Connect(UrlOf("limited"));
  const auto consumer = NewConsumer(*limited);
  EXPECT_TRUE(Repeat([&] {
    consumer->Take(10).status().IgnoreError();
    return Metric("tally_bus_stalls_total", {{"step", "reconnect"}}) == 1;
  }));
  EXPECT_EQ(Metric("tally_bus_stalls_total", {{"step", "pull"}}), 1);
  EXPECT_EQ(Metric("tally_bus_stalls_total", {{"step", "subscribe"}}), 1);
  EXPECT_EVENTUALLY(Metric("tally_bus_reconnects_total") == 1, kPatience);
  // When nothing has helped, it says so for as long as nothing comes.
  EXPECT_TRUE(Repeat([&] {
    EXPECT_THAT(consumer->Take(10), StatusIs(absl::StatusCode::kUnavailable));
    return Metric("tally_bus_stalls_total", {{"step", "pull"}}) == 2;
  }));
}

TEST_F(PullConsumerTest, HavingNothingToDeliverIsNotAStall) {
  Start();
  durable_.max_ack_pending = 2;
  DeclareBoth();
  PublishStored(1, 5);
  const auto consumer = NewConsumer(*bus_);
  EXPECT_EQ(TakeAtLeast(*consumer, 2).size(), 2u);  // The other three wait for acknowledgements.
  const absl::Time end = absl::Now() + absl::Seconds(4);
  EXPECT_TRUE(Repeat([&] {
    EXPECT_OK(consumer->Take(10));
    return absl::Now() > end;
  }));
  EXPECT_EQ(Metric("tally_bus_stalls_total", {{"step", "pull"}}), 0);
}

}  // namespace
}  // namespace tally::bus
