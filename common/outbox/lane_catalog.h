#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace tally::outbox {

// A lane with all that the tables say of it.
struct LaneRecord {
  std::string lane_id;
  bool open = false;
  std::string stream;
  int64_t head = 0;  // the last sequence written; final once closed
  int64_t published_through = 0;
  int64_t trimmed_through = 0;
  std::string opened_by;
  absl::Time opened;
  std::optional<absl::Time> closed;
  std::string lease_holder;  // empty: closed and published to its end
  std::optional<absl::Time> lease_end;
  int64_t parked_events = 0;  // void ones not counted
  int64_t void_events = 0;
};

// The outbox at a glance, as of the database's time `now`.
struct OutboxSummary {
  absl::Time now;
  int64_t open_lanes = 0;
  int64_t draining_lanes = 0;  // closed, and not published to their end
  int64_t unpublished_events = 0;
  std::optional<absl::Time> oldest_unpublished;  // when it was recorded
  int64_t parked_events = 0;
  std::optional<absl::Time> oldest_parked;  // when it was parked
  int64_t void_events = 0;
  // Lanes whose lease is over: nobody publishes them.
  int64_t deserted_lanes = 0;
  std::optional<absl::Time> deserted_since;
};

// Reads the outbox' tables for operators. Changes nothing. Errors are those of common/db; blocks on
// the database. Thread-safe.
class LaneCatalog {
 public:
  explicit LaneCatalog(db::Database& database) : database_(database) {}

  struct Filter {
    std::optional<bool> open = {};
    bool unpublished_only = false;
  };
  struct Position {
    absl::Time opened;
    std::string lane_id;
  };
  // Those opened last first, from behind `after`.
  absl::StatusOr<std::vector<LaneRecord>> List(const Filter& filter,
                                               const std::optional<Position>& after,
                                               int64_t lanes_max, absl::Time deadline);

  // By lane, from behind `after` up to and with `through`; either may be empty.
  absl::StatusOr<std::vector<LaneRecord>> ListById(const std::string& after,
                                                   const std::string& through, int64_t lanes_max,
                                                   absl::Time deadline);

  absl::StatusOr<OutboxSummary> Summarize(absl::Time deadline);

 private:
  absl::StatusOr<std::vector<LaneRecord>> Read(const db::Statement& statement,
                                               const db::Params& params, absl::Time deadline);

  db::Database& database_;
};

}  // namespace tally::outbox
