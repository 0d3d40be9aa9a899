#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tally::outbox {

struct RelayPaceOptions {
  absl::Duration rest = absl::Milliseconds(2);
  absl::Duration rest_max = absl::Milliseconds(12);  // while a message fills within it
};

// How long the relay rests after a step, so that events gather and leave together: a message costs
// all who handle it, down to the consumer's transaction, much the same for few events as for many.
//
// Where events come so fast that a message fills within rest_max, it rests until one is full: the
// cores are then what orders wait for. Where they come more slowly it rests for `rest` alone: more
// would delay them and still fill no message. How fast they come is an exponentially weighted
// average over 25 ms.
//
// One thread at a time.
class RelayPace {
 public:
  // A message is full with so many events.
  RelayPace(RelayPaceOptions options, int message_events, absl::Time now);

  // So many events left, or none, in the step that ends now.
  void Sent(int64_t events, absl::Time now);

  absl::Duration Rest() const;

 private:
  const RelayPaceOptions options_;
  const int message_events_;
  absl::Time last_step_;
  double events_per_second_ = 0;
};

}  // namespace tally::outbox
