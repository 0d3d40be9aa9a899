#include <gmock/gmock.h>

#include <set>

#include "tests/integration/bus/bus_test_case.h"

namespace tally::bus {
namespace {

using testing::HasSubstr;
using testkit::StatusIs;

class PublisherTest : public BusTestCase {
 protected:
  // The one result of publishing `message`.
  PublishResult PublishOne(Publisher& publisher, const Message& message, const std::string& id) {
    EXPECT_OK(publisher.Publish(7, message, id));
    publisher.Flush();
    std::vector<PublishResult> results;
    EXPECT_TRUE(Repeat([&] {
      results = publisher.TakeResults();
      return !results.empty();
    }));
    EXPECT_EQ(results.size(), 1u);
    EXPECT_EQ(results.at(0).token, 7u);
    return results.at(0);
  }
};

TEST_F(PublisherTest, EachOfTenThousandMessagesIsStoredOnceInCallOrder) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_, 500);
  const std::vector<PublishResult> results = PublishAll(*publisher, 1, 10'000);
  std::set<uint64_t> tokens;
  for (const PublishResult& result : results) {
    EXPECT_EQ(result.outcome, PublishOutcome::kStored) << result.error;
    EXPECT_TRUE(tokens.insert(result.token).second) << "two results for " << result.token;
  }
  EXPECT_EQ(tokens.size(), 10'000u);
  EXPECT_EQ(Metric("tally_bus_publish_total", {{"outcome", "stored"}}), 10'000);

  const auto consumer = NewConsumer(*bus_);
  const std::vector<Delivery> taken = TakeAtLeast(*consumer, 10'000);
  for (size_t i = 0; i < taken.size(); ++i)
    ASSERT_EQ(taken[i].message.payload, absl::StrCat("order ", i + 1));
}

TEST_F(PublisherTest, TheSameMessageIdAgainIsADuplicate) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_);
  EXPECT_EQ(PublishOne(*publisher, MakeMessage(1), "lane/1").outcome, PublishOutcome::kStored);
  EXPECT_EQ(PublishOne(*publisher, MakeMessage(1), "lane/1").outcome, PublishOutcome::kDuplicate);
  ASSERT_OK_AND_ASSIGN(const StreamState state, bus_->GetStreamState("ORDERS", Soon()));
  EXPECT_EQ(state.messages, 1);
}

TEST_F(PublisherTest, AMessageBeyondTheServersLimitIsRefusedAndTheNextIsStored) {
  Start("max_payload: 8192");
  DeclareBoth();
  EXPECT_THAT(bus_->MaxPayload(), testkit::IsOkAndHolds(8192));
  const auto publisher = NewPublisher(*bus_);
  Message large = MakeMessage(1);
  large.payload.assign(9000, 'x');
  EXPECT_EQ(PublishOne(*publisher, large, "lane/1").outcome, PublishOutcome::kRefused);
  EXPECT_EQ(PublishOne(*publisher, MakeMessage(2), "lane/2").outcome, PublishOutcome::kStored);
}

TEST_F(PublisherTest, AFullStreamIsUnavailableNotARefusal) {
  Start();
  stream_.max_bytes = 4096;
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_);
  Message large = MakeMessage(1);
  large.payload.assign(3000, 'x');
  EXPECT_EQ(PublishOne(*publisher, large, "lane/1").outcome, PublishOutcome::kStored);
  const PublishResult full = PublishOne(*publisher, large, "lane/2");
  EXPECT_EQ(full.outcome, PublishOutcome::kUnavailable);
  EXPECT_THAT(full.error, HasSubstr("10077"));
}

TEST_F(PublisherTest, WithoutAStreamItIsUnavailableAtOnce) {
  Start();
  const auto publisher = NewPublisher(*bus_);
  const PublishResult result = PublishOne(*publisher, MakeMessage(1), "lane/1");
  EXPECT_EQ(result.outcome, PublishOutcome::kUnavailable);
  EXPECT_THAT(result.error, HasSubstr("no stream"));
}

TEST_F(PublisherTest, WithoutPermissionNoAcknowledgementComesAndItIsUnavailableAfterTheTimeout) {
  StartServer(R"(authorization { users: [
      { user: all, password: secret },
      { user: limited, password: secret, permissions: { publish: { deny: "orders.>" } } } ] })");
  bus_ = Connect(UrlOf("all"));
  DeclareBoth();
  const auto limited = Connect(UrlOf("limited"));
  const auto publisher = NewPublisher(*limited, 16, absl::Milliseconds(300));
  const PublishResult result = PublishOne(*publisher, MakeMessage(1), "lane/1");
  EXPECT_EQ(result.outcome, PublishOutcome::kUnavailable);
  EXPECT_THAT(result.error, HasSubstr("in time"));
}

TEST_F(PublisherTest, AMessageAnsweredBeforeAnEarlierOneHasOneResultToo) {
  StartServer(R"(authorization { users: [
      { user: all, password: secret },
      { user: limited, password: secret, permissions: { publish: { deny: "orders.v1.denied" } } } ] })");
  bus_ = Connect(UrlOf("all"));
  DeclareBoth();
  const auto limited = Connect(UrlOf("limited"));
  const auto publisher = NewPublisher(*limited);
  Message denied = MakeMessage(1);
  denied.subject = "orders.v1.denied";
  EXPECT_OK(publisher->Publish(1, denied, "lane/1"));
  EXPECT_EQ(PublishOne(*publisher, MakeMessage(2), "lane/2").outcome, PublishOutcome::kStored);
  server_->Kill();
  std::vector<PublishResult> results;
  EXPECT_TRUE(Repeat([&] {
    results = publisher->TakeResults();
    return !results.empty();
  }));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].token, 1u);
}

TEST_F(PublisherTest, AFullWindowSendsNothingUntilAnswersAreTaken) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_, 2);
  EXPECT_OK(publisher->Publish(1, MakeMessage(1), "lane/1"));
  EXPECT_OK(publisher->Publish(2, MakeMessage(2), "lane/2"));
  EXPECT_THAT(publisher->Publish(3, MakeMessage(3), "lane/3"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(Repeat([&] {
    publisher->TakeResults();
    return publisher->Publish(3, MakeMessage(3), "lane/3").ok();
  }));
}

TEST_F(PublisherTest, GivesAResultForEachWhenTheServerIsKilledAndWorksAgainAfterwards) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_);
  std::multiset<uint64_t> accepted;
  std::multiset<uint64_t> settled;
  uint64_t next = 1;
  const auto take = [&] {
    for (const PublishResult& result : publisher->TakeResults()) settled.insert(result.token);
  };
  const auto publish = [&] {
    if (publisher
            ->Publish(next, MakeMessage(static_cast<int64_t>(next)), Id(static_cast<int64_t>(next)))
            .ok()) {
      accepted.insert(next);
    }
    ++next;
  };
  EXPECT_TRUE(Repeat([&] {
    for (int i = 0; i < 100; ++i) publish();
    take();
    wake_up_.Set();
    return settled.size() >= 2000;
  }));
  for (int i = 0; i < 1000; ++i) publish();
  server_->Kill();
  for (int i = 0; i < 1000; ++i) publish();
  EXPECT_TRUE(Repeat([&] {
    take();
    return settled.size() >= accepted.size();
  }));
  EXPECT_EQ(settled, accepted);
  EXPECT_THAT(publisher->Publish(0, MakeMessage(0), "lane/0"),
              StatusIs(absl::StatusCode::kUnavailable));

  ASSERT_OK(server_->Restart());
  EXPECT_TRUE(Repeat([&] { return publisher->Publish(1, MakeMessage(1), "lane/again").ok(); }));
  std::vector<PublishResult> results;
  EXPECT_TRUE(Repeat([&] {
    results = publisher->TakeResults();
    return !results.empty();
  }));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome, PublishOutcome::kStored) << results[0].error;
}

TEST_F(PublisherTest, AFrozenServerBlocksForSecondsAtMostAndEveryMessageIsSettled) {
  Start();
  DeclareBoth();
  const auto publisher = NewPublisher(*bus_, 100'000);
  ASSERT_OK(server_->Freeze());
  size_t accepted = 0;
  size_t settled = 0;
  Message message = MakeMessage(1);
  message.payload.assign(100'000, 'x');
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(Repeat([&] {
    while (publisher->Publish(1, message, Id(static_cast<int64_t>(accepted))).ok()) ++accepted;
    settled += publisher->TakeResults().size();
    return settled > 0 && settled == accepted;
  }));
  EXPECT_LT(absl::Now() - begin, kPatience);
  ASSERT_OK(server_->Thaw());
  // A connection that the server finds half dead when it wakes is lost once more.
  EXPECT_TRUE(Repeat([&] {
    publisher->Publish(2, MakeMessage(2), "last").IgnoreError();
    bool stored = false;
    for (const PublishResult& result : publisher->TakeResults()) {
      stored |= result.outcome != PublishOutcome::kUnavailable;
    }
    return stored;
  }));

  // Some of those are stored, and none in pieces.
  const auto consumer = NewConsumer(*bus_);
  bool last = false;
  EXPECT_TRUE(Repeat([&] {
    const auto taken = consumer->Take(1000);
    if (!taken.ok()) return false;
    for (const Delivery& delivery : *taken) {
      // The server may read what the lost connection left behind after it has stored the last.
      const bool is_last = delivery.message.headers.Get("Nats-Msg-Id") == "last";
      EXPECT_TRUE(is_last || delivery.message.payload == message.payload);
      last |= is_last;
    }
    if (!taken->empty()) wake_up_.Set();
    return last;
  }));
}

}  // namespace
}  // namespace tally::bus
