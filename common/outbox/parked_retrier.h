#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/outbox/failure_log.h"
#include "common/outbox/parked_store.h"
#include "common/outbox/stream_publisher.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct ParkedRetrierOptions {
  absl::Duration look_every = absl::Seconds(1);
  // An attempt has an answer long before: after it another instance may try.
  absl::Duration claim = absl::Seconds(15);
  size_t under_way_max = 4;  // each is in memory whole
  base::BackoffPolicy backoff = {.initial = absl::Milliseconds(200), .max = absl::Seconds(5)};
};

// The part of a relay that publishes parked events again when operators asked for it, whatever
// became of their lanes meanwhile. Under the same id as before: the stream and its consumers drop
// what they have. Any instance does it for all; see ParkedStore for the path of an event.
//
//   bus away, stream full   → nothing is claimed, or it counts for nothing; again after a pause
//   refused again           → counted and backed off; parked again after the last
//   database away           → the attempt stays open in the table, and is made again
//
// One thread at a time; blocks only on the database.
class ParkedRetrier {
 public:
  ParkedRetrier(ParkedRetrierOptions options, ParkedStore& store, StreamPublisher& publisher,
                base::Clock& clock, telemetry::Telemetry& telemetry);

  // When it is time: sends events that are due. Returns whether anything was sent.
  bool Send(absl::Time deadline);
  // The result of something it sent.
  void Settle(const StreamPublisher::Result& result, absl::Time deadline);
  // When to call Send again.
  absl::Time next_due() const { return look_at_; }

 private:
  // Claims one event and sends it. False: nothing is due, or nothing more can be sent now.
  absl::StatusOr<bool> SendOne(absl::Time deadline);

  const ParkedRetrierOptions options_;
  ParkedStore& store_;
  StreamPublisher& publisher_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  FailureLog failures_;
  size_t under_way_ = 0;
  absl::Time look_at_ = absl::InfinitePast();
};

}  // namespace tally::outbox
