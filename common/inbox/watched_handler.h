#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/inbox/event_handler.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

// An event handler with a watch on it: an Apply() that does not return in its time holds up all
// events, and nothing can be done for a thread that hangs but to end its process. Says so in the
// log, with the events it was at, and calls `end`. What was begun comes again then; see Narrowing.
//
// Time is counted in looks, of which one is taken each second or so: a process that was paused
// whole has not been waiting for its handler.
//
// Look belongs to one thread, another than those that apply; the rest is the handler's.
class WatchedHandler final : public EventHandler {
 public:
  // `handler` and `log` must outlive it.
  WatchedHandler(EventHandler& handler, absl::Duration time_max, std::function<void()> end,
                 telemetry::Log& log);

  Interest InterestIn(absl::string_view type) const override { return handler_.InterestIn(type); }
  absl::Status Apply(db::Transaction& transaction,
                     absl::Span<const bus::Event* const> events) override;
  void Committed() override { handler_.Committed(); }

  // Returns how long to wait before the next look.
  absl::Duration Look();

 private:
  struct Call {
    std::string first, last;  // of the events
    size_t events;
    int looks = 0;
  };

  EventHandler& handler_;
  const absl::Duration look_every_;
  const int looks_max_;
  const std::function<void()> end_;
  telemetry::Log& log_;
  absl::Mutex mutex_;
  std::list<Call> calls_ ABSL_GUARDED_BY(mutex_);  // under way
};

}  // namespace tally::inbox
