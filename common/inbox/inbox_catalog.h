#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/sequence_set.h"
#include "common/db/database.h"

namespace tally::inbox {

// What is covered of a lane.
struct WatermarkRecord {
  std::string lane_id;
  std::string source;
  base::SequenceSet covered;
  absl::Time started;
  std::optional<int64_t> published_through;  // as the producer said last
  int64_t letters_retrying = 0;              // of this lane
  int64_t letters_dead = 0;
  int64_t letters_discarded = 0;
  int64_t skipped_events = 0;  // covered without an event: void, or accepted as gone
  // Covered, unknown to the producer, and accepted by an operator.
  int64_t accepted_events = 0;
};

// The inbox at a glance, without what only the bus knows.
struct InboxSummary {
  int64_t lanes = 0;
  int64_t covered_events = 0;
  int64_t retrying_letters = 0;
  int64_t dead_letters = 0;
  std::optional<absl::Time> oldest_dead;  // when it first failed
  int64_t discarded_letters = 0;
};

// Reads the inbox' tables for operators. Changes nothing. Errors are those of common/db; blocks on
// the database. Thread-safe.
class InboxCatalog {
 public:
  InboxCatalog(std::string consumer, db::Database& database)
      : consumer_(std::move(consumer)), database_(database) {}

  struct WatermarkFilter {
    std::string source = {};   // empty: any
    std::string lane_id = {};  // empty: any
    bool gaps_only = false;    // with ranges above the watermark
  };
  // By lane, from behind lane `after`, which may be empty.
  absl::StatusOr<std::vector<WatermarkRecord>> ListWatermarks(const WatermarkFilter& filter,
                                                              const std::string& after,
                                                              int64_t lanes_max,
                                                              absl::Time deadline);

  absl::StatusOr<InboxSummary> Summarize(absl::Time deadline);

 private:
  const std::string consumer_;
  db::Database& database_;
};

}  // namespace tally::inbox
