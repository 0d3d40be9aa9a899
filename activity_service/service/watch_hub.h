#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "activity_service/service/day_reader.h"
#include "activity_service/service/watch.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/base/step_thread.h"
#include "common/rpc/server_stream.h"
#include "common/telemetry/telemetry.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::activity {

struct WatchHubOptions {
  size_t watchers_max = 1000;
  absl::Duration poll_interval = absl::Milliseconds(500);  // for what other instances counted
  absl::Duration poll_rest = absl::Milliseconds(100);      // between two polls, whatever happens
  absl::Duration heartbeat = absl::Seconds(10);
  absl::Duration write_max = absl::Seconds(10);  // a message on its way for longer: too slow
};

// Tells all who watch a day what it has come to, from one reading of the database for all of them.
//
// While somebody watches, one poll reads each watched day once, and only if a cheap mark says that
// something was counted; what this instance counts wakes it at once. While nobody watches, nothing
// is read. Watchers on one day are sent one and the same message. A watcher has one message on its
// way at most; what changes meanwhile is part of the next one, made when that can be sent.
//
//   reader too slow  → its stream ends with RESOURCE_EXHAUSTED, after as long again by force
//   too many         → RESOURCE_EXHAUSTED
//   database away    → who has seen nothing yet gets UNAVAILABLE; other streams go on with
//                      heartbeats whose as_of stands still and that claim no completeness
//   service stops    → UNAVAILABLE
//
// Thread-safe; Step belongs to one thread.
class WatchHub {
 public:
  using Response = v1::WatchDailyActivityResponse;
  using Stream = rpc::ServerStream<Response>;
  // DayReader::ReadIfChanged, with a deadline; blocks.
  using Source =
      std::function<absl::StatusOr<DayReading>(absl::Span<const Day> days, int64_t known_mark)>;

  // `clock` says which day it is.
  WatchHub(WatchHubOptions options, Source source, base::Clock& clock,
           telemetry::Telemetry& telemetry);
  ~WatchHub();  // All streams must be gone.

  // The thread around Step; tests do without.
  void Start();

  // Takes the stream until Remove, or refuses it.
  absl::Status Add(const WatchQuery& query, Stream& stream);
  void Remove(Stream& stream);
  // Something was counted here. Does not block.
  void Notice();
  // Ends all streams, and those that come later.
  void Close();

  // Polls if it is time, and sends what is due. Returns how long it may rest unless woken.
  absl::Duration Step();

 private:
  struct Watcher {
    Watch watch;
    bool was_here = false;                       // when the last poll began
    absl::Time cut_at = absl::InfiniteFuture();  // earlier: ended for reading too slowly
  };
  struct WatchedDay {
    int64_t version = 0;  // 0: not read yet
    v1::DailyActivity state;
    std::map<Watch::Kind, std::shared_ptr<const Response>> messages;  // made at their first use
  };
  using DayKey = std::pair<std::string, absl::CivilDay>;  // time zone, date
  static DayKey KeyOf(const Day& day) { return {day.time_zone, day.date}; }

  bool IsPollDue(absl::Time now);
  void Poll(absl::Time now);
  std::vector<Day> GatherDays();
  void Take(absl::Span<const Day> days, DayReading reading);
  void Doubt();

  // Sends what is due, and returns when to look again.
  absl::Time Serve(absl::Time now);
  absl::Time Serve(Stream& stream, Watcher& watcher, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time Wait(Stream& stream, Watcher& watcher, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time CutWhenDue(Stream& stream, const Watcher& watcher, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<const Response> MessageOf(WatchedDay& day, Watch::Kind kind);
  void Wake();

  const WatchHubOptions options_;
  const Source source_;
  base::Clock& clock_;
  base::ForwardClock pauses_;
  telemetry::Health& health_;
  telemetry::Gauge& watchers_gauge_;
  telemetry::Counter& polls_total_;
  telemetry::Counter& cut_total_;

  // Of the step alone.
  std::map<DayKey, WatchedDay> days_;
  v1::Freshness freshness_;
  absl::Status poll_status_;  // of the last poll
  int64_t mark_ = DayReader::kNoMark;
  absl::Time read_at_ = absl::InfinitePast();  // when the last poll that succeeded began, by clock_
  absl::Time days_read_ = absl::InfinitePast();
  absl::Time next_poll_ = absl::InfinitePast();
  absl::Time rested_ = absl::InfinitePast();  // no poll before

  std::atomic<bool> noticed_ = false;
  absl::Mutex mutex_;
  std::map<Stream*, Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
  bool poll_soon_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<base::StepThread> thread_;  // shared with its liveness check
};

}  // namespace tally::activity
