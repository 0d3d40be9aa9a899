// The whole inbox on a real JetStream: what is published is counted once, whatever stops in
// between.

#include "common/inbox/subscription.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "common/base/wake_up.h"
#include "common/bus/nats_bus.h"
#include "tests/integration/inbox/publish_all.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::_;
using testing::Each;
using testing::Gt;
using testing::Pair;
using testing::SizeIs;
using testkit::DatabaseKind;
using testkit::kPatience;
using testkit::MakeEvent;

SubscriptionOptions Options() {
  SubscriptionOptions options;
  options.consumer = "tests";
  options.inbox.letters.backoff.initial = absl::Milliseconds(100);
  options.delivery.stream = {.name = "TESTS", .subjects = {"tests.v1.>"}};
  options.delivery.durable.ack_wait = absl::Seconds(1);
  options.delivery.letters_every = absl::Milliseconds(50);
  options.delivery.batch_max = 500;
  options.delivery.prefetch = 1000;
  return options;
}

std::unique_ptr<bus::Bus> Connect(const std::string& url, telemetry::Telemetry& telemetry) {
  auto bus = bus::NewNatsBus({.urls = {url},
                              .name = "tests",
                              .ping_interval = absl::Milliseconds(500),
                              .reconnect_wait = absl::Milliseconds(50)},
                             telemetry);
  EXPECT_OK(bus);
  return *std::move(bus);
}

// A consuming instance as a service would compose it.
struct Instance {
  Instance(const std::string& nats_url, const std::string& database_url, const std::string& name)
      : replica(database_url, name),
        bus(Connect(nats_url, replica.telemetry)),
        subscription(Options(), *replica.database, *bus, replica.handler, replica.system_clock,
                     replica.telemetry) {
    EXPECT_OK(subscription.Start());
  }
  Replica replica;
  std::unique_ptr<bus::Bus> bus;
  Subscription subscription;
};

class SubscriptionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server, testkit::NatsServer::Start());
    producer_bus = Connect(server->url(), telemetry);
    ASSERT_EVENTUALLY(
        producer_bus->Declare(Options().delivery.stream, absl::Now() + absl::Seconds(1)).ok(),
        kPatience);
  }

  std::unique_ptr<Instance> NewInstance(const std::string& database_url,
                                        const std::string& name = "instance") {
    return std::make_unique<Instance>(server->url(), database_url, name);
  }

  // Publishes until the stream has stored each; a repeated call publishes again what it has
  // already.
  void Publish(int lane, int64_t first, int64_t last, const std::string& payload = "1") {
    std::vector<bus::Message> messages;
    for (int64_t sequence = first; sequence <= last; ++sequence) {
      messages.push_back(bus::ToMessage(MakeEvent(lane, sequence, payload)));
    }
    ASSERT_TRUE(PublishAll(*producer_bus, messages, kPatience));
  }

  bool HasCounted(Instance& instance, size_t count) {
    return instance.replica.Counted().size() == count;
  }
  void ExpectAllCountedOnce(Instance& instance, size_t count) {
    EXPECT_EVENTUALLY(HasCounted(instance, count), kPatience);
    EXPECT_THAT(instance.replica.Counted(), Each(Pair(_, 1)));
    EXPECT_THAT(instance.replica.Letters(), SizeIs(0));
  }
  // Nothing left in the stream that anybody could still count.
  void ExpectIdle(Instance& instance) {
    const absl::Time now = absl::Now();
    EXPECT_EVENTUALLY(instance.subscription.GetProgress().as_of >= now, kPatience);
    EXPECT_EQ(instance.subscription.GetProgress().pending, 0);
  }

  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<testkit::NatsServer> server;
  std::unique_ptr<bus::Bus> producer_bus;
};

TEST_F(SubscriptionTest, EventsThatComeWhileOthersAreCountedWaitNoLonger) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::SqliteKind().MakeUrl());
  Replica replica(url);
  base::SystemClock clock;
  base::WakeUp wake_up;
  ConsumerOptions options = Options().delivery;
  options.durable.stream = "TESTS";
  options.durable.name = "tests";
  Consumer consumer(
      options, replica.inbox, replica.letters, *producer_bus, [&] { wake_up.Set(); }, clock,
      replica.telemetry);
  const telemetry::Counter& applied =
      replica.telemetry.metrics.AddCounter("tally_inbox_applied_total", "");
  const auto step_until = [&](double counted) {
    while (applied.Value() < counted) {
      const absl::Duration rest = consumer.Step();
      if (applied.Value() >= counted) return true;
      if (!wake_up.WaitFor(rest) && rest >= absl::Milliseconds(300)) return false;
    }
    return true;
  };
  consumer.Step();
  for (int64_t round = 0; round < 30; ++round) {
    Publish(1, round * 100 + 1, round * 100 + 80);
    ASSERT_TRUE(step_until(round * 100 + 64)) << "round " << round;
    Publish(1, round * 100 + 81, round * 100 + 100);
    ASSERT_TRUE(step_until((round + 1) * 100)) << "round " << round;
  }
}

class SubscriptionOnEveryDatabaseTest : public SubscriptionTest,
                                        public testing::WithParamInterface<DatabaseKind> {};
INSTANTIATE_ON_EVERY_DATABASE(SubscriptionOnEveryDatabaseTest);

TEST_P(SubscriptionOnEveryDatabaseTest, CountsWhatIsPublishedOnce) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto instance = NewInstance(url);
  Publish(1, 1, 3000);
  Publish(2, 1, 1000);
  Publish(1, 2001, 3500);
  ExpectAllCountedOnce(*instance, 4500);
  ExpectIdle(*instance);
  EXPECT_TRUE(instance->subscription.GetProgress().connected);
}

TEST_P(SubscriptionOnEveryDatabaseTest, GoesOnAfterTheBusWasAway) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto instance = NewInstance(url);
  for (int64_t round = 0; round < 3; ++round) {
    Publish(1, round * 1000 + 1, round * 1000 + 1000);
    server->Kill();
    EXPECT_EVENTUALLY(!instance->subscription.GetProgress().connected, kPatience);
    ASSERT_OK(server->Restart());
  }
  ExpectAllCountedOnce(*instance, 3000);
  ExpectIdle(*instance);
}

TEST_P(SubscriptionOnEveryDatabaseTest, ABrokerThatLostEverythingMakesNothingCountTwice) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto instance = NewInstance(url);
  Publish(1, 1, 1000);
  ExpectAllCountedOnce(*instance, 1000);
  ASSERT_OK(server->Stop());
  ASSERT_OK(server->WipeStore());
  ASSERT_OK(server->Restart());
  Publish(1, 1, 1500);
  ExpectAllCountedOnce(*instance, 1500);
  ExpectIdle(*instance);
}

TEST_P(SubscriptionOnEveryDatabaseTest, ACrashBetweenCommitAndAcknowledgementCountsOnce) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  Publish(1, 1, 300);
  {
    const SubscriptionOptions options = Options();
    Replica replica(url);
    const auto bus = Connect(server->url(), replica.telemetry);
    ASSERT_OK_AND_ASSIGN(const std::string identity, replica.database->Identity());
    const bus::DurableConfig durable{.stream = "TESTS",
                                     .name = options.consumer,
                                     .description = absl::StrCat("feeds database ", identity),
                                     .ack_wait = options.delivery.durable.ack_wait};
    ASSERT_EVENTUALLY(bus->Declare(durable, absl::Now() + absl::Seconds(1)).ok(), kPatience);
    const auto pull = bus->NewPullConsumer({.stream = "TESTS", .durable = options.consumer});
    std::vector<bus::Delivery> taken;
    ASSERT_EVENTUALLY(!(taken = pull->Take(500).value_or(std::vector<bus::Delivery>())).empty(),
                      kPatience);
    ASSERT_OK(replica.Receive(taken));
  }
  const auto instance = NewInstance(url);
  ExpectAllCountedOnce(*instance, 300);
  ExpectIdle(*instance);
}

TEST_P(SubscriptionOnEveryDatabaseTest, HealthyEventsPassAPoisonThatIsAppliedOnceItCanBe) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto instance = NewInstance(url);
  std::atomic<bool> cured = false;
  instance->replica.handler.verdict = [&](db::Transaction&, const bus::Event& event) {
    const bool fails = event.payload == "poison" && !cured;
    return fails ? absl::InternalError("no") : absl::OkStatus();
  };
  Publish(1, 1, 1, "poison");
  Publish(1, 2, 1000);
  EXPECT_EVENTUALLY(HasCounted(*instance, 999), kPatience);
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().letters_retrying == 1, kPatience);
  cured = true;
  ExpectAllCountedOnce(*instance, 1000);
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().letters_retrying == 0, kPatience);
}

TEST_P(SubscriptionOnEveryDatabaseTest, StopsTakingWhileEverythingFailsAndLosesNothing) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto instance = NewInstance(url);
  std::atomic<bool> cured = false;
  std::atomic<int> failures = 0;
  instance->replica.handler.verdict = [&](db::Transaction&, const bus::Event&) {
    if (cured) return absl::OkStatus();
    ++failures;
    return absl::InternalError("the exchange rates are away");
  };
  telemetry::Gauge& stalled =
      instance->replica.telemetry.metrics.AddGauge("tally_consumer_stalled", "");
  Publish(1, 1, 1000);
  EXPECT_EVENTUALLY(failures > 50 && stalled.Value() == 1, kPatience);
  EXPECT_THAT(instance->replica.Counted(), SizeIs(0));
  cured = true;
  ExpectAllCountedOnce(*instance, 1000);
  EXPECT_EVENTUALLY(stalled.Value() == 0, kPatience);
}

TEST_F(SubscriptionTest, TwoInstancesOnOneDatabaseShareTheWork) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
  const auto one = NewInstance(url, "one");
  const auto two = NewInstance(url, "two");
  for (int lane = 1; lane <= 4; ++lane) Publish(lane, 1, 3000);
  ExpectAllCountedOnce(*one, 12'000);
  const std::map<std::string, int64_t> shares = one->replica.CountedBy();
  EXPECT_THAT(shares, testing::AllOf(SizeIs(2), Each(Pair(_, Gt(0)))));
  ExpectIdle(*one);
  ExpectIdle(*two);
}

TEST_F(SubscriptionTest, AnotherInstanceTakesOverWhatAStoppedOneHadInHand) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
  const auto one = NewInstance(url, "one");
  auto two = NewInstance(url, "two");
  Publish(1, 1, 1000);
  two->subscription.Stop();
  Publish(1, 1001, 5000);
  ExpectAllCountedOnce(*one, 5000);
}

TEST_F(SubscriptionTest, ADatabaseThatWasAwayCostsNothing) {
  ASSERT_OK_AND_ASSIGN(const auto database_server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, database_server->CreateDatabase());
  const auto instance = NewInstance(url);
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().connected, kPatience);
  Publish(1, 1, 1000);
  ASSERT_OK(database_server->Stop());
  Publish(1, 1001, 2000);
  telemetry::Gauge& stalled =
      instance->replica.telemetry.metrics.AddGauge("tally_consumer_stalled", "");
  EXPECT_EVENTUALLY(stalled.Value() == 1, kPatience);
  ASSERT_OK(database_server->Restart());
  EXPECT_EVENTUALLY(stalled.Value() == 0, kPatience);
  ExpectAllCountedOnce(*instance, 2000);
  ExpectIdle(*instance);
}

TEST_F(SubscriptionTest, WithOneEventInTheStreamItStaysStalledUntilTheDatabaseIsBack) {
  ASSERT_OK_AND_ASSIGN(const auto database_server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, database_server->CreateDatabase());
  const auto instance = NewInstance(url);
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().connected, kPatience);
  ASSERT_OK(database_server->Stop());
  Publish(1, 1, 1);
  telemetry::Gauge& stalled =
      instance->replica.telemetry.metrics.AddGauge("tally_consumer_stalled", "");
  EXPECT_EVENTUALLY(stalled.Value() == 1, kPatience);
  EXPECT_FALSE(testkit::Eventually(absl::Seconds(2), [&] { return stalled.Value() == 0; }));
  ASSERT_OK(database_server->Restart());
  EXPECT_EVENTUALLY(stalled.Value() == 0, kPatience);
  ExpectAllCountedOnce(*instance, 1);
}

TEST_F(SubscriptionTest, TakesNothingFromADurableThatFeedsAnotherDatabase) {
  ASSERT_OK_AND_ASSIGN(const std::string production, testkit::SqliteKind().MakeUrl());
  ASSERT_OK_AND_ASSIGN(const std::string staging, testkit::SqliteKind().MakeUrl());
  const auto right = NewInstance(production);
  EXPECT_EVENTUALLY(right->subscription.GetProgress().connected, kPatience);
  const auto wrong = NewInstance(staging);
  telemetry::Gauge& stalled =
      wrong->replica.telemetry.metrics.AddGauge("tally_consumer_stalled", "");
  EXPECT_EVENTUALLY(wrong->bus->Connected() && stalled.Value() == 1, kPatience);
  Publish(1, 1, 1000);
  ExpectAllCountedOnce(*right, 1000);
  EXPECT_THAT(wrong->replica.Counted(), SizeIs(0));
  EXPECT_FALSE(wrong->subscription.GetProgress().connected);
  EXPECT_EVENTUALLY(wrong->subscription.GetConsumerProgress().feeds_another, kPatience);
}

}  // namespace
}  // namespace tally::inbox
