#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/bus/event.h"
#include "common/bus/message.h"
#include "common/inbox/fault.h"
#include "common/inbox/letter.h"

namespace tally::inbox {

// An event as the inbox sees it: its place, and its content or why it cannot be applied.
struct Arrival {
  const bus::Delivery* delivery = nullptr;  // that brought it, perhaps with others; outlives this
  std::string event_id;                     // see Letter::event_id
  std::string lane_id;  // a UUID in lower case; empty: it names no place in a lane
  int64_t sequence = 0;
  std::string source;
  bus::Event event;  // valid where it could be decoded

  // What became of it so far. OK: nothing is known against applying it.
  absl::Status failure;
  Fault fault = Fault::kUndecodable;  // of `failure`
  bool applied = false;               // committed while its batch was bisected

  bool placed() const { return !lane_id.empty(); }
  void Fail(Fault whose, absl::Status why) {
    fault = whose;
    failure = std::move(why);
  }
};

// Appends what a delivery brings: one arrival, or those of an event batch. One whose source, lane
// or sequence is missing or malformed is not placed: it gets its id from the stream, made at
// `stream_created`.
void ReadDelivery(const bus::Delivery& delivery, absl::Time stream_created,
                  std::vector<Arrival>& arrivals);

// The letter of an arrival that failed, before RecordFailure.
Letter NewLetter(const Arrival& arrival, absl::Time now);

}  // namespace tally::inbox
