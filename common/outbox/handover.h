#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// What writers tell the relay of their lanes. A lane's head is a level that only rises, so nothing
// is lost when it is told again or late; the events that led there are only a cache in front of the
// table: beyond bytes_max they are dropped. Bounded by the lanes of the writers and bytes_max.
// Thread-safe.
class Handover {
 public:
  struct News {
    bool opened = false;
    int64_t head = 0;
    bool closed = false;              // head is the final sequence
    std::vector<OutboxEvent> events;  // ascending; may have gaps
  };

  // `wake` is called, outside of locks, when there is something to publish or a lane to finish.
  Handover(size_t bytes_max, std::function<void()> wake);

  void Opened(const std::string& lane_id);
  void Committed(const std::string& lane_id, int64_t head, std::vector<OutboxEvent> events);
  void Closed(const std::string& lane_id, int64_t final_sequence);

  // News since the last call, by lane. Its events count against bytes_max until they are given back
  // by Release.
  std::map<std::string, News> Take();
  void Release(size_t bytes);
  bool empty() const;

 private:
  const size_t bytes_max_;
  const std::function<void()> wake_;
  mutable absl::Mutex mutex_;
  std::map<std::string, News> news_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tally::outbox
