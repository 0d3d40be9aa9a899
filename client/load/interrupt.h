#pragma once

#include <csignal>

#include "absl/time/time.h"

namespace tally::client {

// While it lives, Ctrl-C (SIGINT) ends a wait instead of the process. Make it before any other
// thread: threads inherit the mask. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();

  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Blocks for `timeout`, at most; returns true as soon as SIGINT came. From then on another SIGINT
  // ends the process.
  bool WaitFor(absl::Duration timeout);

 private:
  sigset_t before_;
};

}  // namespace tally::client
