#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/base/wake_up.h"

namespace tally::base {

// The thin thread around something that advances by steps: runs `step` again and again until
// stopped.
//
// A step returns how long the next one may wait for Wake(); zero or less: it runs again at once. A
// Wake() during a step ends the wait after it. No wait is longer than kMaxWait, so a wake-up that a
// caller forgot costs a second, not for ever. A step that hangs is visible in SinceLastStep(), and
// it holds Stop(): steps bound their own waiting.
//
// With a pace, which is asked after each step, a rest lasts at least that long, whoever calls
// Wake(): where a step costs much the same for little as for much, work gathers, and after a longer
// silence none waits.
class StepThread {
 public:
  using Step = std::function<absl::Duration()>;
  using Pace = std::function<absl::Duration()>;
  static constexpr absl::Duration kMaxWait = absl::Seconds(1);

  // Starts at once. The thread carries the first 15 characters of `name`; `step` is called on it
  // alone, and so is `pace`.
  StepThread(const std::string& name, Step step, Pace pace = absl::ZeroDuration);
  ~StepThread();  // Stops.

  StepThread(const StepThread&) = delete;
  StepThread& operator=(const StepThread&) = delete;

  // Thread-safe, does not block; also from within the step.
  void Wake();

  // Waits for the step under way to end; no step begins afterwards. May be repeated, but only by
  // the owner's thread: from within the step it would wait for itself.
  void Stop();

  // By the monotonic clock, since a step was last completed, or since the start before that.
  // Thread-safe.
  absl::Duration SinceLastStep() const;

 private:
  void Run(const std::stop_token& stopped);

  const Step step_;
  const Pace pace_;
  WakeUp wake_up_;
  WakeUp stopping_;
  std::atomic<int64_t> last_step_ns_;
  std::jthread thread_;  // Last: starts when all it uses is there.
};

}  // namespace tally::base
