#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/uuid.h"

namespace tally::base {

// Makes UUIDs of version 7: 48 bits of milliseconds, a 12-bit counter, 62 random bits (RFC 9562,
// method 1).
//
// Every UUID of one source is greater than the one before, within a millisecond and when the clock
// steps back: the source then stays at the latest time it has seen and counts on; a full counter
// carries into the milliseconds. The counter of a new millisecond starts at random in its lower
// half. Identifiers, not secrets: they can be guessed. Thread-safe.
class UuidV7Source {
 public:
  // `clock` must outlive the source. A seeded `random` makes the sequence repeatable within a
  // process.
  explicit UuidV7Source(Clock& clock, absl::BitGen random = absl::BitGen());

  Uuid Next();

 private:
  Clock& clock_;
  absl::Mutex mutex_;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  int64_t time_ms_ ABSL_GUARDED_BY(mutex_) = -1;
  uint32_t counter_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tally::base
