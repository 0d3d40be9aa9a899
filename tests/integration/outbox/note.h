#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/outbox/command.h"

namespace tally::outbox {

// What the caller of a NoteCommand sees. Thread-safe.
class Answer {
 public:
  void Set(const absl::Status& status, std::string lane_id, int64_t sequence);

  bool given() const;
  // Waits up to half a minute; DEADLINE_EXCEEDED if none was given. INTERNAL when there were two.
  absl::Status status() const;
  std::string lane_id() const;
  int64_t sequence() const;

 private:
  mutable absl::Mutex mutex_;
  int given_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::string lane_id_ ABSL_GUARDED_BY(mutex_);
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The service's command of these tests: write a note under a key, once; its event has the key as
// its subject.
class NoteCommand final : public Command {
 public:
  struct Content {
    std::string key = {};
    int64_t size = 0;          // below zero: the database refuses it
    std::string payload = {};  // of the event
    absl::Time deadline = absl::InfiniteFuture();
    std::shared_ptr<const bool> cancelled = {};
    bool broken_statement = false;  // writing it fails as a statement
  };

  NoteCommand(Content content, std::shared_ptr<Answer> answer);

  size_t bytes() const override { return content_.key.size() + content_.payload.size(); }
  absl::Time deadline() const override { return content_.deadline; }
  bool cancelled() const override { return content_.cancelled != nullptr && *content_.cancelled; }
  void Finish(const absl::Status& status) override;

  const Content& content() const { return content_; }
  void Decide(std::string lane_id, int64_t sequence);

 private:
  const Content content_;
  const std::shared_ptr<Answer> answer_;
  std::string lane_id_;
  int64_t sequence_ = 0;
};

}  // namespace tally::outbox
