#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/sequence_set.h"
#include "common/db/database.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/range_verdict.h"

namespace tally::outbox {

// What consumers ask the tables of the outbox: many lanes at once, and what became of events that
// are not to be had. Reads only, always bounded. Errors are those of common/db; deadlines bound the
// wait for a session. Thread-safe.
class LaneReader {
 public:
  explicit LaneReader(db::Database& database) : database_(database) {}

  enum class Scope { kCurrent, kAll };  // kCurrent: lanes that are open or have rows left
  // The lanes above `after` (empty: from the first), by id, from one snapshot.
  absl::StatusOr<std::vector<LaneStatus>> List(Scope scope, const std::string& after,
                                               int64_t lanes_max, absl::Time deadline);
  // The parked and void events of the range, ascending.
  absl::StatusOr<std::vector<ParkedMark>> ListParked(const std::string& lane_id,
                                                     base::SequenceRange range, int64_t rows_max,
                                                     absl::Time deadline);

 private:
  db::Database& database_;
};

}  // namespace tally::outbox
