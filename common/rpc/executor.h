#pragma once

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

struct ExecutorOptions {
  std::string name = "reads";  // of the threads and in metrics
  int threads = 4;
  size_t queue_max = 256;  // tasks that wait
};

// Threads for work that blocks (reads from the database), which must never happen on gRPC's own few
// threads. Bounded: when the queue is full, work is refused at once instead of waiting unseen.
// Thread-safe.
class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;

  Executor(ExecutorOptions options, telemetry::Telemetry& telemetry);
  // Runs what was accepted, then joins. Nothing may be submitted any more.
  ~Executor();

  // False if the queue is full; the task was then not run and never will be. Tasks start in this
  // order and must not throw.
  bool TrySubmit(Task task);

 private:
  void Run();
  bool HasTaskOrStopping() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !tasks_.empty();
  }

  const ExecutorOptions options_;
  telemetry::Gauge& waiting_;
  telemetry::Counter& refused_;
  absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tally::rpc
