#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/outbox/lane_store.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct RelayOptions {
  std::string source;                      // ce-source: names the producer
  size_t window_messages = 4096;           // outstanding on the bus
  size_t memory_bytes_max = 16 << 20;      // cache of committed events; beyond it they are read back from the table
  absl::Duration renew_every = absl::Seconds(1);
  absl::Duration cursor_every = absl::Milliseconds(100);
  int refusals_max = 3;                    // attempts before an event is parked
};

// Publishes every lane whose lease this process holds, in sequence order: its own writers' lanes and those it takes over
// (close first, then drain).
//
// Guarantees: an event is counted published only after JetStream acknowledged it (or it is parked); published_through only
// rises; what a crash leaves between acknowledgement and cursor is published twice and dropped by consumers. Memory is flat
// however many events wait: the head of a lane is a level, the events handed over only a cache in front of range reads.
//   bus away, stream full, no permission → nothing is counted, back off, alarm (tally_relay_stalled), leases go on being renewed
//   this event refused (too large)       → count, back off, park, go on
//   database away                        → back off; leases may expire, then others close and drain our lanes: harmless
//   lease lost                           → stop publishing that lane; its writer finds it closed and opens another
//
// Opened/Committed are thread-safe; Step, Drained and Stop belong to one thread.
class Relay {
 public:
  Relay(RelayOptions options, LaneStore& lanes, bus::Bus& bus, bus::Waker waker, base::Clock& clock,
        telemetry::Telemetry& telemetry);
  ~Relay();

  // From a writer: a lane of ours is open / its head is now `head`, and these are the events that led there / no more come.
  void Opened(const std::string& lane_id);
  void Committed(const std::string& lane_id, int64_t head, std::vector<OutboxEvent> events);
  void Closed(const std::string& lane_id, int64_t final_sequence);

  // One round: results → cursors and leases → take-overs → publish. Returns how long it may rest unless woken.
  absl::Duration Step();

  // True when all lanes held are closed and published.
  bool Drained() const;
  // Writes the last cursors and gives the leases up. Best effort until `deadline`.
  void Stop(absl::Time deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::outbox
