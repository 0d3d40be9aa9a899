#include "tests/integration/outbox/relay_test_case.h"

#include <nats/nats.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bus/nats_bus.h"

namespace tally::outbox {
namespace {

absl::StatusOr<std::vector<bus::Event>> EventsOf(const bus::Message& message) {
  if (bus::HoldsBatch(message)) return bus::ReadBatch(message);
  ASSIGN_OR_RETURN(bus::Event event, bus::FromMessage(message));
  return std::vector<bus::Event>{std::move(event)};
}

}  // namespace

std::unique_ptr<bus::Bus> RelayTestCase::Connect(const std::string& url) {
  auto bus = bus::NewNatsBus({.urls = {url},
                              .name = "test",
                              .ping_interval = absl::Milliseconds(500),
                              .reconnect_wait = absl::Milliseconds(50)},
                             telemetry_);
  EXPECT_OK(bus);
  return *std::move(bus);
}

void RelayTestCase::MakeRelay(bus::Bus& bus) {
  options_.publisher.source = "notes";
  options_.publisher.stream = {.name = "NOTES", .subjects = {"notes.>"}};
  store_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "us"}, *database_);
  parked_.emplace(*database_);
  handover_.emplace(16 << 20, [this] { wake_up_.Set(); });
  relay_ = std::make_unique<Relay>(
      options_, *store_, *parked_, *handover_, bus, [this] { wake_up_.Set(); }, *relay_clock_,
      telemetry_);
}

std::string RelayTestCase::OwnLane(int64_t events, const std::string& payload) {
  std::string lane_id = LaneWithEvents(*store_, 0);
  handover_->Opened(lane_id);
  CommitMore(lane_id, 0, events, payload);
  return lane_id;
}

void RelayTestCase::CommitMore(const std::string& lane_id, int64_t head, int64_t events,
                               const std::string& payload) {
  db::Transaction transaction = Begin();
  ASSERT_OK(Append(*store_, transaction, lane_id, head, events, payload));
  ASSERT_OK(transaction.Commit());
  handover_->Committed(lane_id, head + events, {});
}

std::string RelayTestCase::DeadLane(int64_t events) {
  LaneStore dead = NewStore("dead", -absl::Seconds(1));
  return LaneWithEvents(dead, events);
}

bool RelayTestCase::StepUntil(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + kPatience;
  for (;;) {
    const absl::Duration rest = relay_->Step();
    if (condition()) return true;
    if (absl::Now() > end) return false;
    wake_up_.WaitFor(rest);
  }
}

bool RelayTestCase::PublishedThrough(const std::string& lane_id, int64_t sequence) {
  const auto status = store_->Find(lane_id, Soon());
  return status.ok() && status->published_through >= sequence;
}

int64_t RelayTestCase::StreamMessages() {
  const auto state = bus_->GetStreamState("NOTES", Soon());
  return state.ok() ? state->messages : -1;
}

std::vector<bus::Event> RelayTestCase::ReadStream(size_t count) {
  EXPECT_OK(bus_->Declare(
      bus::DurableConfig{.stream = "NOTES", .name = "reader", .description = "test"}, Soon()));
  const auto consumer = bus_->NewPullConsumer(
      {.stream = "NOTES", .durable = "reader", .waker = [this] { wake_up_.Set(); }});
  std::vector<bus::Event> events;
  const absl::Time end = absl::Now() + kPatience;
  while (events.size() < count && absl::Now() < end) {
    const auto taken = consumer->Take(1000);
    if (taken.ok()) {
      consumer->Ack(*taken);
      for (const bus::Delivery& delivery : *taken) {
        const absl::StatusOr<std::vector<bus::Event>> held = EventsOf(delivery.message);
        EXPECT_OK(held);
        if (held.ok()) events.insert(events.end(), held->begin(), held->end());
      }
    }
    if (events.size() < count) wake_up_.WaitFor(absl::Milliseconds(100));
  }
  EXPECT_EQ(events.size(), count);
  return events;
}

void RelayTestCase::Administer(const std::string& request) {
  natsConnection* connection = nullptr;
  ASSERT_EQ(natsConnection_ConnectTo(&connection, server_->url().c_str()), NATS_OK);
  natsMsg* answer = nullptr;
  EXPECT_EQ(natsConnection_RequestString(&answer, connection,
                                         absl::StrCat("$JS.API.", request).c_str(), "", 5000),
            NATS_OK);
  natsMsg_Destroy(answer);
  natsConnection_Destroy(connection);
}

}  // namespace tally::outbox
