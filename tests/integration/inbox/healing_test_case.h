#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bus/nats_bus.h"
#include "common/inbox/subscription.h"
#include "tests/integration/inbox/producer_under_test.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {

inline constexpr absl::Duration kPatience = absl::Seconds(90);

inline SubscriptionOptions HealingOptions() {
  SubscriptionOptions options;
  options.consumer = "tests";
  options.sources = {"tests"};
  options.heal_every = absl::Milliseconds(300);
  options.heal_yield_for = absl::Milliseconds(300);
  options.ask_every = absl::Milliseconds(100);
  options.handler_time_max = absl::Minutes(10);  // Some tests keep the handler waiting.
  options.delivery.stream = {.name = "TESTS", .subjects = {"tests.v1.>"}};
  options.delivery.durable.ack_wait = absl::Seconds(1);
  options.delivery.batch_max = 500;
  return options;
}

inline std::unique_ptr<bus::Bus> Connect(const std::string& url, telemetry::Telemetry& telemetry) {
  auto bus = bus::NewNatsBus(
      {.urls = {url}, .name = "consumer", .reconnect_wait = absl::Milliseconds(50)}, telemetry);
  EXPECT_OK(bus);
  return *std::move(bus);
}

// A consuming instance as a service would compose it.
struct HealingInstance {
  HealingInstance(const std::string& nats_url, const std::string& database_url,
                  SubscriptionOptions options = HealingOptions(),
                  const std::string& name = "instance")
      : replica(database_url, name),
        bus(Connect(nats_url, replica.telemetry)),
        subscription(std::move(options), *replica.database, *bus, replica.handler,
                     replica.system_clock, replica.telemetry) {}

  std::vector<Finding> Findings() {
    std::vector<Finding> findings;
    replica.Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(
          findings, subscription.healing().ListFindings(transaction, HealingStore::Filter{}, 1000));
      return absl::OkStatus();
    });
    return findings;
  }
  HealingStore::Summary Summary() {
    HealingStore::Summary summary;
    replica.Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(summary, subscription.healing().Summarize(transaction));
      return absl::OkStatus();
    });
    return summary;
  }
  InboxStore::Coverage CoverageOf(const std::string& lane_id, int64_t sequence) {
    InboxStore::Coverage coverage = InboxStore::Coverage::kNotCovered;
    replica.Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(coverage, subscription.store().Find(transaction, lane_id, sequence));
      return absl::OkStatus();
    });
    return coverage;
  }
  double Metric(const std::string& name, const telemetry::Labels& labels = {}) {
    return replica.telemetry.metrics.AddGauge(name, "", labels).Value();
  }

  Replica replica;
  std::unique_ptr<bus::Bus> bus;
  Subscription subscription;
};

// A stream, a producer, and consumers of its events.
class HealingTestCase : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server, testkit::NatsServer::Start());
    ASSERT_OK_AND_ASSIGN(database_url, GetParam().MakeUrl());
    setup_bus = Connect(server->url(), telemetry);
    DeclareStream();
    producer = std::make_unique<ProducerUnderTest>(server->url());
  }

  void DeclareStream() {
    ASSERT_EVENTUALLY(
        setup_bus->Declare(HealingOptions().delivery.stream, absl::Now() + absl::Seconds(1)).ok(),
        kPatience);
  }
  std::unique_ptr<HealingInstance> NewInstance(SubscriptionOptions options = HealingOptions()) {
    auto made = std::make_unique<HealingInstance>(server->url(), database_url, std::move(options));
    EXPECT_OK(made->subscription.Start());
    return made;
  }
  // Asks JetStream for what no product code may: "STREAM.PURGE.TESTS".
  void Administer(const std::string& request) {
    natsConnection* connection = nullptr;
    ASSERT_EQ(natsConnection_ConnectTo(&connection, server->url().c_str()), NATS_OK);
    natsMsg* answer = nullptr;
    EXPECT_EQ(natsConnection_RequestString(&answer, connection,
                                           absl::StrCat("$JS.API.", request).c_str(), "", 5000),
              NATS_OK);
    natsMsg_Destroy(answer);
    natsConnection_Destroy(connection);
  }

  // All are counted, once, and it is known that nothing is missing.
  void ExpectComplete(HealingInstance& instance, size_t events) {
    EXPECT_EVENTUALLY(instance.replica.Counted().size() == events, kPatience);
    EXPECT_THAT(instance.replica.Counted(), testing::Each(testing::Pair(testing::_, 1)));
    EXPECT_THAT(instance.replica.Letters(), testing::IsEmpty());
    const absl::Time now = absl::Now();
    EXPECT_EVENTUALLY(instance.subscription.GetProgress().as_of >= now, kPatience);
    EXPECT_EVENTUALLY(instance.Findings().empty(), kPatience);
    EXPECT_EQ(instance.Summary().missing_events, 0);
  }
  bool Finds(HealingInstance& instance, Finding::Verdict verdict, int64_t first, int64_t last) {
    const std::vector<Finding> findings = instance.Findings();
    return findings.size() == 1 && findings[0].verdict == verdict &&
           findings[0].range == base::SequenceRange{first, last};
  }

  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<testkit::NatsServer> server;
  std::string database_url;
  std::unique_ptr<bus::Bus> setup_bus;
  std::unique_ptr<ProducerUnderTest> producer;
};

}  // namespace tally::inbox
