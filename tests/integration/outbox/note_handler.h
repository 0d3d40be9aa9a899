#pragma once

#include <atomic>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/outbox/batch_handler.h"
#include "tests/integration/outbox/note.h"

namespace tally::outbox {

// Writes notes, each key once, whoever writes it first; one that exists is answered with its place.
// Thread-safe.
class NoteHandler final : public BatchHandler {
 public:
  absl::Status Write(db::Transaction& transaction, absl::Span<Command* const> commands,
                     LaneAppender& lane, int attempt) override;

  // The next batches are ABORTED, as by conflicts.
  void AbortNext(int batches) { aborts_ = batches; }
  // The attempt numbers of all calls.
  std::vector<int> attempts() const;

 private:
  absl::Status WriteNote(db::Transaction& transaction, NoteCommand& note, LaneAppender& lane);

  std::atomic<int> aborts_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<int> attempts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::outbox
