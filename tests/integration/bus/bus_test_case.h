#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/wake_up.h"
#include "common/bus/bus.h"
#include "common/bus/nats_bus.h"
#include "common/telemetry/telemetry.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::bus {

using testkit::kPatience;
using testkit::NatsServer;

inline absl::Time Soon() { return absl::Now() + kPatience; }

// A real server, a bus connected to it, and the declared stream and durable that most tests want.
// Every test has its own.
class BusTestCase : public testing::Test {
 protected:
  void Start(const std::string& server_config = "") {
    StartServer(server_config);
    bus_ = Connect(server_->url());
  }
  void StartServer(const std::string& server_config) {
    ASSERT_OK_AND_ASSIGN(server_, NatsServer::Start(server_config));
  }

  std::unique_ptr<Bus> Connect(const std::string& url) {
    auto bus = NewNatsBus({.urls = {url}, .name = "test", .reconnect_wait = absl::Milliseconds(50)},
                          telemetry_);
    EXPECT_OK(bus);
    EXPECT_EVENTUALLY((*bus)->Connected(), kPatience);
    return *std::move(bus);
  }

  std::string UrlOf(const std::string& user) const {
    return absl::StrCat("nats://", user, ":secret@127.0.0.1:", server_->port());
  }

  void DeclareBoth() {
    ASSERT_OK(bus_->Declare(stream_, Soon()));
    ASSERT_OK(bus_->Declare(durable_, Soon()));
  }

  std::unique_ptr<Publisher> NewPublisher(Bus& bus, size_t window = 4096,
                                          absl::Duration ack_timeout = absl::Minutes(10)) {
    return bus.NewPublisher(
        {.window = window, .ack_timeout = ack_timeout, .waker = [this] { wake_up_.Set(); }});
  }

  std::unique_ptr<PullConsumer> NewConsumer(Bus& bus, size_t prefetch = 4096) {
    return bus.NewPullConsumer({.stream = stream_.name,
                                .durable = durable_.name,
                                .prefetch = prefetch,
                                .stall_after = absl::Seconds(1),
                                .waker = [this] { wake_up_.Set(); }});
  }

  static Message MakeMessage(int64_t number) {
    Message message{
        .subject = "orders.v1.created", .headers = {}, .payload = absl::StrCat("order ", number)};
    message.headers.Set("ce-sequence", absl::StrCat(number));
    return message;
  }

  // Publishes messages first…last and waits for all results, as a relay would.
  std::vector<PublishResult> PublishAll(Publisher& publisher, int64_t first, int64_t last) {
    std::vector<PublishResult> results;
    const size_t wanted = static_cast<size_t>(last - first + 1);
    int64_t next = first;
    EXPECT_TRUE(Repeat([&] {
      while (next <= last &&
             publisher.Publish(static_cast<uint64_t>(next), MakeMessage(next), Id(next)).ok())
        ++next;
      publisher.Flush();
      for (PublishResult& result : publisher.TakeResults()) results.push_back(std::move(result));
      return results.size() >= wanted;
    })) << "results for "
        << results.size() << " of " << wanted;
    return results;
  }

  void PublishStored(int64_t first, int64_t last) {
    const auto publisher = NewPublisher(*bus_);
    for (const PublishResult& result : PublishAll(*publisher, first, last)) {
      ASSERT_EQ(result.outcome, PublishOutcome::kStored) << result.error;
    }
  }

  // Takes until `count` deliveries are there; errors on the way are not of interest.
  std::vector<Delivery> TakeAtLeast(PullConsumer& consumer, size_t count) {
    std::vector<Delivery> all;
    EXPECT_TRUE(Repeat([&] {
      absl::StatusOr<std::vector<Delivery>> taken = consumer.Take(1000);
      if (taken.ok()) std::move(taken->begin(), taken->end(), std::back_inserter(all));
      return all.size() >= count;
    })) << "took "
        << all.size() << " of " << count;
    return all;
  }

  // Calls `step` until it is true, at once when woken and every 100 ms anyway: like a StepThread in
  // the test's own thread.
  bool Repeat(const std::function<bool()>& step, absl::Duration patience = kPatience) {
    const absl::Time deadline = absl::Now() + patience;
    while (!step()) {
      if (absl::Now() > deadline) return false;
      wake_up_.WaitFor(absl::Milliseconds(100));
    }
    return true;
  }

  int64_t AckPending() {
    const auto state = bus_->GetDurableState(stream_.name, durable_.name, Soon());
    return state.ok() ? state->ack_pending : -1;
  }

  double Metric(const std::string& name, const telemetry::Labels& labels = {}) {
    return telemetry_.metrics.AddCounter(name, "", labels).Value();
  }

  static std::string Id(int64_t number) { return absl::StrCat("lane/", number); }

  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kError,
                                  "bus_test"};
  base::WakeUp wake_up_;
  StreamConfig stream_{.name = "ORDERS", .subjects = {"orders.v1.>"}};
  DurableConfig durable_{
      .stream = "ORDERS", .name = "activity", .description = "test", .ack_wait = absl::Minutes(10)};
  std::unique_ptr<NatsServer> server_;
  std::unique_ptr<Bus> bus_;
};

}  // namespace tally::bus
