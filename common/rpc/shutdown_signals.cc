#include "common/rpc/shutdown_signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/base/check.h"

namespace tally::rpc {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr absl::Duration kPollMax = absl::Hours(1);

}  // namespace

ShutdownSignals::ShutdownSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  dismiss_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  TALLY_CHECK(signal_fd_ >= 0 && dismiss_fd_ >= 0);
}

ShutdownSignals::~ShutdownSignals() {
  close(signal_fd_);
  close(dismiss_fd_);
}

ShutdownSignals::Event ShutdownSignals::Wait(absl::Duration timeout) {
  const SteadyClock::time_point start = SteadyClock::now();
  while (true) {
    const absl::Duration left = timeout - absl::FromChrono(SteadyClock::now() - start);
    const absl::Duration slice = std::clamp(left, absl::ZeroDuration(), kPollMax);
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {dismiss_fd_, POLLIN, 0}};
    poll(fds, 2,
         static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(slice, absl::Milliseconds(1)))));
    if ((fds[1].revents & POLLIN) != 0) return Event::kDismissed;
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) return Event::kSignal;
    if (left <= absl::ZeroDuration()) return Event::kTimeout;
  }
}

void ShutdownSignals::Dismiss() {
  const uint64_t one = 1;
  TALLY_CHECK(write(dismiss_fd_, &one, sizeof(one)) == sizeof(one));
}

}  // namespace tally::rpc
