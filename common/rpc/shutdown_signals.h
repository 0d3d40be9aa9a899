#pragma once

#include "absl/time/time.h"

namespace tally::rpc {

// SIGTERM and SIGINT as something to wait for. Make it in main before any thread starts: it blocks
// both signals for the calling thread and all that it starts later, so that they arrive here only.
// SIGPIPE is ignored. Thread-safe.
class ShutdownSignals {
 public:
  enum class Event { kSignal, kDismissed, kTimeout };

  ShutdownSignals();
  ~ShutdownSignals();
  ShutdownSignals(const ShutdownSignals&) = delete;
  ShutdownSignals& operator=(const ShutdownSignals&) = delete;

  // Blocks until a signal comes, Dismiss() was called or `timeout` passed. Takes the signal: the
  // next one is another.
  Event Wait(absl::Duration timeout);

  // Ends all waits, now and later.
  void Dismiss();

 private:
  int signal_fd_;
  int dismiss_fd_;
};

}  // namespace tally::rpc
