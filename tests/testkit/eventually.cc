#include "tests/testkit/eventually.h"

#include <poll.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace tally::testkit {

bool Eventually(absl::Duration timeout, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + timeout;
  absl::Duration pause = absl::Milliseconds(1);
  while (!condition()) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return condition();
    const timespec wait = absl::ToTimespec(std::min(pause, left));
    ppoll(nullptr, 0, &wait, nullptr);
    pause = std::min(pause * 2, absl::Milliseconds(20));
  }
  return true;
}

}  // namespace tally::testkit
