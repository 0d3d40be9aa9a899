#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// The server's half of the simulated bus: one stream and its durable, and what becomes of them. It
// keeps what it acknowledged no better than it must: it can be wiped, rolled back to an older copy,
// and lose single messages.
class Broker {
 public:
  explicit Broker(Scene& scene) : scene_(scene) {}

  bool up = true;
  bool full = false;
  int64_t max_payload = 1 << 20;

  bool HasStream() const { return state_.stream.has_value(); }
  bool HasDurable() const { return HasStream() && state_.durable.has_value(); }
  bus::Declared Declare(const bus::StreamConfig& config);
  absl::StatusOr<bus::Declared> Declare(const bus::DurableConfig& config);
  absl::StatusOr<bus::StreamState> GetStreamState() const;
  absl::StatusOr<bus::DurableState> GetDurableState() const;

  bus::PublishResult Store(uint64_t token, const bus::Message& message, const std::string& id);
  // The next message for whoever pulls.
  std::optional<bus::Delivery> Deliver();
  void Acknowledge(int64_t stream_sequence);
  void GiveBack(int64_t stream_sequence, absl::Duration delay);
  void Extend(int64_t stream_sequence);

  void Wipe() { state_ = {}; }
  void Copy() { copy_ = state_; }
  // False: no older copy was made.
  bool RollBack();
  // False: the stream holds none.
  bool DeleteMessage();
  void Purge();
  void DeleteDurable();

 private:
  struct Stored {
    bus::Message message;
    absl::Time time;
  };
  struct Stream {
    absl::Time created;
    absl::Duration duplicate_window;
    std::map<int64_t, Stored> messages;
    int64_t last_sequence = 0;
    std::map<std::string, absl::Time> ids;  // within the duplicate window
  };
  struct Awaited {
    absl::Time until;
    int64_t deliveries = 0;
  };
  struct Durable {
    bus::DurableConfig config;
    absl::Time created;
    int64_t delivered_through = 0;
    std::map<int64_t, Awaited> awaited;  // delivered, not acknowledged
  };
  struct State {
    std::optional<Stream> stream;
    std::optional<Durable> durable;
  };

  std::optional<bus::Delivery> Give(int64_t stream_sequence);
  // Its consumers are told of a message a little after it was acknowledged.
  bool Told(const Stored& stored) const;

  Scene& scene_;
  State state_;
  std::optional<State> copy_;
};

}  // namespace tally::simulation
