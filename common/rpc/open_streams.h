#pragma once

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace tally::rpc {

// The streams of a service that are open: bounded in number, and told to end when the server stops.
// Thread-safe.
class OpenStreams {
 public:
  class Stream {
   public:
    // Ends the stream with that status as soon as it is in order to. Called at most once, must not
    // block, and may not call OpenStreams from this thread.
    virtual void End(const absl::Status& status) = 0;

   protected:
    ~Stream() = default;
  };

  explicit OpenStreams(size_t streams_max) : streams_max_(streams_max) {}

  // RESOURCE_EXHAUSTED above the bound, UNAVAILABLE once EndAll() was called: the stream is then
  // not added.
  absl::Status Add(Stream* stream);
  void Remove(Stream* stream);

  // No stream is added any more, and those that are open end with UNAVAILABLE.
  void EndAll();

 private:
  const size_t streams_max_;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::rpc
