#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/outbox/command.h"
#include "common/telemetry/metrics.h"

namespace tally::outbox {

// Where callers leave commands and writers take them: first in, first out, bounded in count and
// bytes; a full queue refuses and never makes anybody wait. Thread-safe.
class CommandQueue {
 public:
  CommandQueue(size_t commands_max, size_t bytes_max, telemetry::Metrics& metrics);

  // Takes the commands in their order; whoever takes from the queue finds them together. Those
  // taken are null afterwards. If not all are: RESOURCE_EXHAUSTED when full, UNAVAILABLE after
  // Close(); the first that was not taken and those behind it are then untouched (not finished,
  // still the caller's). A command beyond all bytes is taken by an empty queue.
  absl::Status Push(absl::Span<std::unique_ptr<Command>> commands);

  // All that waits, up to the limits but at least one, oldest first; empty if fewer wait than
  // `commands_min` and the queue is not closed.
  std::vector<std::unique_ptr<Command>> Take(size_t commands_min, size_t commands_max,
                                             size_t bytes_max);

  // Blocks until so many wait, Close() was called or `timeout` passed.
  void WaitForCommands(size_t commands_min, absl::Duration timeout);

  // Takes no more commands; those inside are still to be taken.
  void Close();

  // Closed and empty: nothing will ever be taken from it again.
  bool Exhausted() const;

 private:
  const size_t commands_max_;
  const size_t bytes_max_;
  telemetry::Gauge& depth_;
  mutable absl::Mutex mutex_;
  std::deque<std::unique_ptr<Command>> commands_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tally::outbox
