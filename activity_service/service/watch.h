#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "activity_service/service/activity_messages.h"
#include "activity_service/service/watch_query.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::activity {

// One watch: which day it is on, and which message is due. Pure; not thread-safe.
//
// A day as it was read has a version, 1 or more, that is another one when the day is another; 0 is
// a day not read yet. `read_at` is when that reading began, by the clock that makes days; `now`, of
// a clock that never goes back, measures pauses alone.
//
// A watch of today goes over to the next day when a reading from after midnight has been sent, so
// that the last change of the old day is not withheld by min_interval.
class Watch {
 public:
  using Kind = v1::WatchDailyActivityResponse::Kind;
  static constexpr Kind kNothing = v1::WatchDailyActivityResponse::KIND_UNSPECIFIED;

  // `today` is the instant whose day it begins with if the query names none.
  Watch(WatchQuery query, absl::Duration heartbeat, absl::Time today);

  const Day& day() const { return day_; }

  // Goes over to the next day if it is time.
  void MoveOn(absl::Time read_at, int64_t version);

  Kind Due(absl::Time now, absl::Time read_at, int64_t version) const;
  // When something is due, should the day stay at this version; `now` or earlier: at once.
  absl::Time NextDue(absl::Time read_at, int64_t version) const;

  void Sent(Kind kind, int64_t version, absl::Time now);
  // Whether anything was sent.
  bool HasBegun() const { return last_sent_ != absl::InfinitePast(); }
  absl::Time last_sent() const { return last_sent_; }

 private:
  bool IsOver(absl::Time read_at) const;
  bool HasChanged(int64_t version) const { return version != 0 && version != sent_version_; }

  const WatchQuery query_;
  const absl::Duration heartbeat_;
  Day day_;
  int64_t sent_version_ = 0;  // of day_; 0: nothing of it was sent
  absl::Time last_sent_ = absl::InfinitePast();
  absl::Time last_day_sent_ = absl::InfinitePast();  // heartbeats do not count
};

}  // namespace tally::activity
