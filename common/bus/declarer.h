#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

// How stream and durable stand to their declarations, as last looked at.
struct DeclarationState {
  absl::Time looked =
      absl::InfinitePast();              // when they were last both there; never: InfinitePast()
  std::vector<std::string> differences;  // then; "max_age: wanted 72h, is 24h"
  // What keeps the stream's messages, then: "nats-server 2.9.10, replicas=3 …"; and in what it is
  // weaker than declared.
  std::string durability;
  std::vector<std::string> shortcomings;
  absl::Status failure;  // why they could not be declared after that; OK when they could
};

// Declares a stream, and the durable of a consumer if there is one, again and again: makes what is
// missing where the account may, and tells of differences. Changes nothing that is there: what was
// changed on purpose stays, and what was not is for a person (`tally provision`).
//
//   not there        → created; PERMISSION_DENIED where the account may not
//   differs          → logged at each change of what differs, tally_bus_differences
//   less durable     → the same, an error: tally_bus_stream_shortcomings. Nothing stops: what
//                      the bus loses is fetched from the producers
//   not to be asked  → UNAVAILABLE; the state stays as last seen and says why
//
// What keeps the messages is logged at each change too, and is a detail of health.
//
// Declare belongs to one thread and blocks for `timeout` at most; state is thread-safe.
class Declarer {
 public:
  Declarer(StreamConfig stream, std::optional<DurableConfig> durable, Bus& bus, base::Clock& clock,
           telemetry::Telemetry& telemetry);

  absl::Status Declare(absl::Duration timeout);

  DeclarationState state() const;

 private:
  absl::StatusOr<std::vector<std::string>> DeclareBoth(absl::Time deadline);
  void LookAtDurability(absl::Time deadline, DeclarationState& state);
  absl::Status Advise(const absl::Status& failure) const;
  void Note(const std::string& message, const std::string& what);

  const StreamConfig stream_;
  const std::optional<DurableConfig> durable_;
  Bus& bus_;
  base::Clock& clock_;
  telemetry::Log& log_;
  telemetry::Gauge& differences_;
  telemetry::Gauge& replicas_;
  telemetry::Gauge& shortcomings_;
  std::string noted_;             // what was last logged
  std::string noted_durability_;  // the same of durability
  struct Shared {
    absl::Mutex mutex;
    DeclarationState state ABSL_GUARDED_BY(mutex);
  };
  const std::shared_ptr<Shared> shared_;  // health may ask while this goes away
};

}  // namespace tally::bus
