#include "tests/integration/outbox/note.h"

#include <utility>

namespace tally::outbox {

void Answer::Set(const absl::Status& status, std::string lane_id, int64_t sequence) {
  absl::MutexLock lock(&mutex_);
  ++given_;
  status_ = status;
  lane_id_ = std::move(lane_id);
  sequence_ = sequence;
}

bool Answer::given() const {
  absl::MutexLock lock(&mutex_);
  return given_ > 0;
}

absl::Status Answer::status() const {
  absl::MutexLock lock(&mutex_);
  const auto given = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return given_ > 0; };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&given), absl::Seconds(30))) {
    return absl::DeadlineExceededError("no answer");
  }
  return given_ == 1 ? status_ : absl::InternalError("answered twice");
}

std::string Answer::lane_id() const {
  absl::MutexLock lock(&mutex_);
  return lane_id_;
}

int64_t Answer::sequence() const {
  absl::MutexLock lock(&mutex_);
  return sequence_;
}

NoteCommand::NoteCommand(Content content, std::shared_ptr<Answer> answer)
    : content_(std::move(content)), answer_(std::move(answer)) {}

void NoteCommand::Finish(const absl::Status& status) { answer_->Set(status, lane_id_, sequence_); }

void NoteCommand::Decide(std::string lane_id, int64_t sequence) {
  lane_id_ = std::move(lane_id);
  sequence_ = sequence;
}

}  // namespace tally::outbox
