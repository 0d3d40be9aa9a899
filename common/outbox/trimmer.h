#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/db/transaction.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct TrimmerOptions {
  // How long events are kept after they were written, published or not; zero: for ever. Longer than
  // the stream keeps them: what the stream loses is made again from here.
  absl::Duration retention = absl::Hours(168);
  int64_t rows_max = 1000;  // in one step, over all lanes
  int lanes_max = 16;       // in one step
  absl::Duration session_timeout = absl::Seconds(1);
};

// Removes events that are old enough, lane by lane from the lowest sequence.
//
// Guarantees: rows go together with the raise of trimmed_through that tells of it, so that nobody
// ever reads a lane with a hole in it; never above published_through, so never an event that the
// stream does not have and that is not parked; never above the last row, so that the head goes on
// telling where a database that went back in time ends; parked events stay, in their own table. A
// lane keeps its row for ever: it is what makes its sequences known.
//
// Ages are by the database's clock, as record_time is. Several instances may trim at once: one
// passes over the lanes that another has in hand. One thread at a time.
class Trimmer {
 public:
  Trimmer(TrimmerOptions options, db::Database& database, telemetry::Telemetry& telemetry);

  // Trims at most rows_max events, a transaction for each lane. Returns whether more may be old
  // enough. Blocks on the database alone.
  absl::StatusOr<bool> Sweep();

 private:
  absl::StatusOr<std::vector<std::string>> ListRipeLanes();
  // Returns how many rows it removed.
  absl::StatusOr<int64_t> Trim(const std::string& lane_id, int64_t rows_max);
  absl::StatusOr<int64_t> TrimLocked(db::Transaction& transaction, const std::string& lane_id,
                                     int64_t rows_max);
  absl::Time Deadline();

  const TrimmerOptions options_;
  db::Database& database_;
  telemetry::Counter& trimmed_total_;
  telemetry::Gauge& oldest_age_;
};

}  // namespace tally::outbox
