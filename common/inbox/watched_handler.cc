#include "common/inbox/watched_handler.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"

namespace tally::inbox {
namespace {

constexpr int kLooksMin = 4;

}  // namespace

WatchedHandler::WatchedHandler(EventHandler& handler, absl::Duration time_max,
                               std::function<void()> end, telemetry::Log& log)
    : handler_(handler),
      look_every_(std::min(absl::Seconds(1), time_max / kLooksMin)),
      looks_max_(static_cast<int>(time_max / look_every_)),
      end_(std::move(end)),
      log_(log) {}

absl::Status WatchedHandler::Apply(db::Transaction& transaction,
                                   absl::Span<const bus::Event* const> events) {
  std::list<Call> call(1, {events.front()->Id(), events.back()->Id(), events.size()});
  const auto self = call.begin();
  {
    absl::MutexLock lock(&mutex_);
    calls_.splice(calls_.end(), call);
  }
  const auto done = absl::MakeCleanup([&] {
    absl::MutexLock lock(&mutex_);
    calls_.erase(self);
  });
  return handler_.Apply(transaction, events);
}

absl::Duration WatchedHandler::Look() {
  std::optional<Call> stuck;
  {
    absl::MutexLock lock(&mutex_);
    for (Call& call : calls_) {
      if (++call.looks > looks_max_) stuck = call;
    }
  }
  if (stuck.has_value()) {
    log_.Error("the event handler does not return: ending the process",
               {{"events", static_cast<int64_t>(stuck->events)},
                {"first", stuck->first},
                {"last", stuck->last}});
    end_();
  }
  return look_every_;
}

}  // namespace tally::inbox
