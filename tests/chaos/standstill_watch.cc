#include "tests/chaos/standstill_watch.h"

#include "common/base/monotonic.h"

namespace tally::chaos {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(50);
// Longer than a thread of a loaded machine waits for a processor.
constexpr absl::Duration kStandstill = absl::Seconds(3);

}  // namespace

StandstillWatch::StandstillWatch() : last_(base::MonotonicNow()), thread_([this] { Run(); }) {}

StandstillWatch::~StandstillWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

absl::Duration StandstillWatch::Now() const {
  absl::MutexLock lock(&mutex_);
  return lived_;
}

void StandstillWatch::Run() {
  absl::MutexLock lock(&mutex_);
  while (!mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kTick)) {
    const absl::Duration now = base::MonotonicNow();
    if (now - last_ < kStandstill) lived_ += now - last_;
    last_ = now;
  }
}

}  // namespace tally::chaos
