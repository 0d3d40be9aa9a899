#include "common/base/step_thread.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/check.h"

namespace tally::base {
namespace {

int64_t MonotonicNanos() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

StepThread::StepThread(const std::string& name, Step step, Pace pace)
    : step_(std::move(step)),
      pace_(std::move(pace)),
      last_step_ns_(MonotonicNanos()),
      thread_([this, name](const std::stop_token& stopped) {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        Run(stopped);
      }) {}

StepThread::~StepThread() { Stop(); }

void StepThread::Wake() { wake_up_.Set(); }

void StepThread::Stop() {
  if (!thread_.joinable()) return;
  TALLY_CHECK(std::this_thread::get_id() != thread_.get_id());
  thread_.request_stop();
  stopping_.Set();
  wake_up_.Set();
  thread_.join();
}

absl::Duration StepThread::SinceLastStep() const {
  return absl::Nanoseconds(MonotonicNanos() - last_step_ns_.load(std::memory_order_relaxed));
}

void StepThread::Run(const std::stop_token& stopped) {
  while (!stopped.stop_requested()) {
    const absl::Duration wait = step_();
    last_step_ns_.store(MonotonicNanos(), std::memory_order_relaxed);
    if (wait <= absl::ZeroDuration()) continue;
    const absl::Duration pace = pace_();
    if (pace > absl::ZeroDuration()) stopping_.WaitFor(pace);
    wake_up_.WaitFor(std::clamp(wait - pace, absl::ZeroDuration(), kMaxWait));
  }
}

}  // namespace tally::base
