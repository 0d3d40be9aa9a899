#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/inbox/inbox.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct ConsumerOptions {
  bus::StreamConfig stream;
  bus::DurableConfig durable;
  size_t batch_max = 2048;
  size_t prefetch = 8192;
  absl::Duration letters_every = absl::Seconds(1);
};

// What is known of how far the consumer is; see Freshness in tally.activity.v1.
struct Progress {
  bool connected = false;     // to the bus, stream and durable found
  absl::Time as_of;           // everything the stream held at this time is covered; InfinitePast() if not yet known
  int64_t pending = 0;        // in the stream, not covered yet, as last seen
  int64_t letters_retrying = 0;
  int64_t letters_dead = 0;
};

// Takes from the durable pull consumer, gives to the inbox, acknowledges after its commit.
//
//   bus away              → back off, declare stream and durable again when it is back
//   stream or durable gone → declare again
//   own database away     → NAK with delay, back off; no letter suffers
//   every event fails, or too many letters → stop taking, back off, alarm (tally_consumer_stalled)
//
// Step belongs to one thread; GetProgress is thread-safe.
class Consumer {
 public:
  Consumer(ConsumerOptions options, Inbox& inbox, InboxStore& store, bus::Bus& bus, bus::Waker waker,
           base::Clock& clock, telemetry::Telemetry& telemetry);
  ~Consumer();

  // At most one batch, and due letters in their bounded share. Returns how long it may rest unless woken.
  absl::Duration Step();
  Progress GetProgress() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::inbox
