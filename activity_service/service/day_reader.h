#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "activity_service/service/activity_messages.h"
#include "activity_service/store/activity_store.h"
#include "common/base/clock.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/progress.h"
#include "common/inbox/shortfall.h"
#include "tally/activity/v1/activity.pb.h"

namespace tally::activity {

// How far the consumer is, as it knows it by itself; thread-safe, does not block.
using ProgressSource = std::function<inbox::Progress()>;

// Days as they stand in the database, and how far they can be trusted.
struct DayReading {
  std::vector<v1::DailyActivity> days;  // one for each day asked for, in that order
  v1::Freshness freshness;
  int64_t mark = 0;  // of ReadIfChanged
};

// Reads statistics for callers. Blocks for as long as the database takes, at most until the
// deadline; errors are those of ReadError. Thread-safe. What it is made of must outlive it.
class DayReader {
 public:
  DayReader(const ActivityStore& store, inbox::InboxStore& inbox, ProgressSource progress,
            base::Clock& clock)
      : store_(store), inbox_(inbox), progress_(std::move(progress)), clock_(clock) {}

  absl::StatusOr<DayReading> Read(absl::Span<const Day> days, absl::Time deadline);

  // The days only if statistics may have changed since a reading that gave `known_mark`, else none;
  // freshness in either case. See ActivityStore::ReadMark.
  absl::StatusOr<DayReading> ReadIfChanged(absl::Span<const Day> days, int64_t known_mark,
                                           absl::Time deadline);
  static constexpr int64_t kNoMark = -1;  // changed in any case

 private:
  struct Rows {
    inbox::Shortfall shortfall;
    std::vector<DayTotals> totals;
  };
  absl::Status ReadRows(db::Transaction& transaction, absl::Span<const Day> days, Rows& rows);
  absl::StatusOr<DayReading> ToReading(absl::Span<const Day> days, const inbox::Progress& progress,
                                       const Rows& rows);

  const ActivityStore& store_;
  inbox::InboxStore& inbox_;
  const ProgressSource progress_;
  base::Clock& clock_;
};

}  // namespace tally::activity
