#include "activity_service/service/day_reader.h"

#include "activity_service/service/read_error.h"
#include "common/base/status_macros.h"

namespace tally::activity {

absl::StatusOr<DayReading> DayReader::Read(absl::Span<const Day> days, absl::Time deadline) {
  // Asked before the statistics are read: what they say is missing may be in, never the reverse.
  const inbox::Progress progress = progress_();
  Rows rows;
  RETURN_IF_ERROR(
      ReadError(inbox_.database().Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
        return ReadRows(transaction, days, rows);
      })));
  return ToReading(days, progress, rows);
}

absl::StatusOr<DayReading> DayReader::ReadIfChanged(absl::Span<const Day> days, int64_t known_mark,
                                                    absl::Time deadline) {
  const inbox::Progress progress = progress_();
  Rows rows;
  int64_t mark = kNoMark;
  RETURN_IF_ERROR(ReadError(inbox_.database().Run(
      db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        // First: statistics may be newer than the mark, never older.
        ASSIGN_OR_RETURN(mark, store_.ReadMark(transaction));
        if (mark == known_mark) days = {};
        return ReadRows(transaction, days, rows);
      })));
  ASSIGN_OR_RETURN(DayReading reading, ToReading(days, progress, rows));
  reading.mark = mark;
  return reading;
}

absl::Status DayReader::ReadRows(db::Transaction& transaction, absl::Span<const Day> days,
                                 Rows& rows) {
  ASSIGN_OR_RETURN(rows.shortfall, inbox_.ReadShortfall(transaction));
  if (days.empty()) return absl::OkStatus();
  std::vector<base::TimeInterval> bounds;
  for (const Day& day : days) bounds.push_back(day.bounds);
  ASSIGN_OR_RETURN(rows.totals, store_.Sum(transaction, bounds));
  return absl::OkStatus();
}

absl::StatusOr<DayReading> DayReader::ToReading(absl::Span<const Day> days,
                                                const inbox::Progress& progress, const Rows& rows) {
  DayReading reading;
  reading.days.resize(days.size());
  for (size_t i = 0; i < days.size(); ++i) {
    RETURN_IF_ERROR(ToMessage(days[i], rows.totals[i], reading.days[i]));
  }
  ToMessage(progress, rows.shortfall, clock_.Now(), reading.freshness);
  return reading;
}

}  // namespace tally::activity
