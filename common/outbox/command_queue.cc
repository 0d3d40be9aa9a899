#include "common/outbox/command_queue.h"

#include <utility>

#include "common/outbox/stopping.h"

namespace tally::outbox {

CommandQueue::CommandQueue(size_t commands_max, size_t bytes_max, telemetry::Metrics& metrics)
    : commands_max_(commands_max),
      bytes_max_(bytes_max),
      depth_(metrics.AddGauge("tally_command_queue_depth", "Commands that wait for a writer.")) {}

absl::Status CommandQueue::Push(absl::Span<std::unique_ptr<Command>> commands) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return StoppingError();
  absl::Status status;
  for (std::unique_ptr<Command>& command : commands) {
    const size_t bytes = command->bytes();
    if (!commands_.empty() && (commands_.size() >= commands_max_ || bytes_ + bytes > bytes_max_)) {
      status = absl::ResourceExhaustedError("too many commands are waiting");
      break;
    }
    bytes_ += bytes;
    commands_.push_back(std::move(command));
  }
  depth_.Set(static_cast<double>(commands_.size()));
  return status;
}

std::vector<std::unique_ptr<Command>> CommandQueue::Take(size_t commands_min, size_t commands_max,
                                                         size_t bytes_max) {
  std::vector<std::unique_ptr<Command>> taken;
  size_t taken_bytes = 0;
  absl::MutexLock lock(&mutex_);
  if (commands_.size() < commands_min && !closed_) return taken;
  while (!commands_.empty() && taken.size() < commands_max) {
    const size_t bytes = commands_.front()->bytes();
    if (!taken.empty() && taken_bytes + bytes > bytes_max) break;
    taken_bytes += bytes;
    taken.push_back(std::move(commands_.front()));
    commands_.pop_front();
  }
  bytes_ -= taken_bytes;
  depth_.Set(static_cast<double>(commands_.size()));
  return taken;
}

void CommandQueue::WaitForCommands(size_t commands_min, absl::Duration timeout) {
  const auto enough_or_closed = [this, commands_min]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || commands_.size() >= commands_min;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&enough_or_closed), timeout);
}

void CommandQueue::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

bool CommandQueue::Exhausted() const {
  absl::MutexLock lock(&mutex_);
  return closed_ && commands_.empty();
}

}  // namespace tally::outbox
