#include "client/load/interrupt.h"

#include <pthread.h>

namespace tally::client {
namespace {

sigset_t SigInt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = SigInt();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

Interrupt::~Interrupt() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool Interrupt::WaitFor(absl::Duration timeout) {
  const sigset_t set = SigInt();
  const timespec limit = absl::ToTimespec(timeout);
  if (sigtimedwait(&set, nullptr, &limit) != SIGINT) return false;
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  return true;
}

}  // namespace tally::client
