#include "common/rpc/executor.h"

#include <pthread.h>

#include <utility>

namespace tally::rpc {

Executor::Executor(ExecutorOptions options, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      waiting_(telemetry.metrics.AddGauge("tally_executor_waiting", "Tasks that wait for a thread.",
                                          {{"executor", options_.name}})),
      refused_(telemetry.metrics.AddCounter("tally_executor_refused_total",
                                            "Tasks refused because the queue was full.",
                                            {{"executor", options_.name}})) {
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), options_.name.substr(0, 15).c_str());
  }
}

Executor::~Executor() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool Executor::TrySubmit(Task task) {
  absl::MutexLock lock(&mutex_);
  if (tasks_.size() >= options_.queue_max) {
    refused_.Increment();
    return false;
  }
  tasks_.push_back(std::move(task));
  waiting_.Set(static_cast<double>(tasks_.size()));
  return true;
}

void Executor::Run() {
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Executor::HasTaskOrStopping));
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      waiting_.Set(static_cast<double>(tasks_.size()));
    }
    task();
  }
}

}  // namespace tally::rpc
