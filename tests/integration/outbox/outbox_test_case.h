#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/db/database.h"
#include "common/db/transaction.h"
#include "common/outbox/lane_store.h"
#include "common/telemetry/telemetry.h"
#include "tests/integration/outbox/note.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::outbox {

using testkit::kPatience;

inline absl::Time Soon() { return absl::Now() + absl::Seconds(10); }

// A lane and what its table of events holds.
struct LaneRow {
  std::string lane_id;
  std::string state;
  std::optional<int64_t> final_sequence;
  int64_t events = 0;
  int64_t highest = 0;  // equal to `events` when there are no gaps
};

// A database with the tables of the outbox and of the notes, and telemetry to stand on.
class OutboxTestCase {
 protected:
  // `options` without a URL takes a new database of this kind.
  absl::Status OpenDatabase(const testkit::DatabaseKind& kind, db::DatabaseOptions options = {});

  LaneStore NewStore(const std::string& holder, absl::Duration lease = absl::Seconds(5)) {
    return LaneStore({.stream = "NOTES", .holder = holder, .lease = lease}, *database_);
  }
  db::Transaction Begin(db::Mode mode = db::Mode::kWrite);
  // An open lane with events 1 to `events`.
  std::string LaneWithEvents(LaneStore& store, int64_t events);
  absl::Status Append(LaneStore& store, db::Transaction& transaction, const std::string& lane_id,
                      int64_t head, int64_t events, const std::string& payload = "payload");

  absl::Status Change(const db::Statement& statement, const db::Params& params = {});
  int64_t QueryInt(const db::Statement& statement, const db::Params& params = {});
  int64_t CountNotes();
  int64_t CountEvents();
  int64_t CountLeases();
  absl::Time LeaseEnd(const std::string& lane_id);
  std::vector<LaneRow> Lanes();
  // No note without its event, no event without its note, no gap in any lane.
  void ExpectNotesMatchEvents();

  double Counter(const std::string& name) {
    return telemetry_.metrics.AddCounter(name, "").Value();
  }
  double Gauge(const std::string& name) { return telemetry_.metrics.AddGauge(name, "").Value(); }

  base::SystemClock clock_;
  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kError,
                                  "outbox_test"};
  std::unique_ptr<db::Database> database_;
  bool one_subject_ = false;  // of all events that Append writes: only such travel together
};

}  // namespace tally::outbox
