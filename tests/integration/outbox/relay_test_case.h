#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/wake_up.h"
#include "common/bus/bus.h"
#include "common/bus/event.h"
#include "common/outbox/handover.h"
#include "common/outbox/relay.h"
#include "tests/integration/outbox/outbox_test_case.h"
#include "tests/testkit/nats_server.h"

namespace tally::outbox {

// One relay on a real JetStream, advanced by the test's own thread.
class RelayTestCase : protected OutboxTestCase {
 protected:
  void StartServer(const std::string& server_config = "") {
    ASSERT_OK_AND_ASSIGN(server_, testkit::NatsServer::Start(server_config));
  }
  std::unique_ptr<bus::Bus> Connect(const std::string& url);
  // Its lanes are those that store_ holds; `bus` is where it publishes.
  void MakeRelay(bus::Bus& bus);
  // All three.
  void Start(const std::string& server_config = "") {
    StartServer(server_config);
    bus_ = Connect(server_->url());
    MakeRelay(*bus_);
  }

  // An open lane of this process with so many committed events that the relay has to read back.
  std::string OwnLane(int64_t events, const std::string& payload = "payload");
  void CommitMore(const std::string& lane_id, int64_t head, int64_t events,
                  const std::string& payload = "payload");
  // A lane whose process died: open, its lease expired.
  std::string DeadLane(int64_t events);

  // Steps the relay, when woken and as often as it asks for, until the condition holds.
  bool StepUntil(const std::function<bool()>& condition);
  bool PublishedThrough(const std::string& lane_id, int64_t sequence);

  int64_t StreamMessages();
  // The first `count` events of the stream, in its order.
  std::vector<bus::Event> ReadStream(size_t count);
  // Asks JetStream for what no product code may: "STREAM.PURGE.NOTES".
  void Administer(const std::string& request);

  RelayOptions options_{
      .lanes = {.renew_every = absl::Milliseconds(100), .cursor_every = absl::Milliseconds(20)},
      .parked = {.look_every = absl::Milliseconds(20)},
      .message_events_max = 1,
      .refusal_backoff = {.initial = absl::Milliseconds(10), .max = absl::Seconds(1)}};
  base::Clock* relay_clock_ = &clock_;
  base::WakeUp wake_up_;
  std::unique_ptr<testkit::NatsServer> server_;
  std::unique_ptr<bus::Bus> bus_;
  std::optional<LaneStore> store_;
  std::optional<ParkedStore> parked_;
  std::optional<Handover> handover_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace tally::outbox
