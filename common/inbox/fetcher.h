#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/inbox.h"
#include "common/inbox/producer.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

// One producer's answers, used only while they come from the database that is remembered for it,
// and applied through the inbox. Says in log and metrics whether the producer answers. One thread
// at a time.
class Fetcher {
 public:
  // All must outlive it.
  Fetcher(Producer& producer, absl::Duration session_timeout, HealingStore& store, Inbox& inbox,
          base::Clock& clock, telemetry::Telemetry& telemetry);

  const std::string& source() const { return producer_.source(); }

  // The next two fail when the producer does not answer (UNAVAILABLE), or from another database
  // (FAILED_PRECONDITION); the second also when nothing of it is published yet (NOT_FOUND).
  absl::StatusOr<std::vector<Extent>> ListLanes(bool every_lane);
  absl::StatusOr<std::vector<Producer::RangeAnswer>> Ask(const std::vector<LaneRange>& ranges);
  // Covers events and void ranges; the events are gone from `answers` then. Returns how many were
  // new. An error is that of Inbox::Receive or of the own database; fewer events go into a batch
  // then, for of events that all fail one alone can be told to be at fault.
  absl::StatusOr<int64_t> Apply(std::vector<Producer::RangeAnswer>& answers);
  // Another replica asks: whether the producer answers is its to say.
  void SayNothing();

 private:
  absl::Status NoteAnswer(const absl::Status& answer, const std::string& database_id);
  absl::Time Deadline() { return clock_.Now() + session_timeout_; }

  Producer& producer_;
  const absl::Duration session_timeout_;
  HealingStore& store_;
  Inbox& inbox_;
  base::Clock& clock_;
  size_t batch_max_;  // shrinks while the inbox fails
  telemetry::Log& log_;
  telemetry::Gauge& silent_;
  telemetry::Gauge& other_database_;
  telemetry::Counter& events_total_;
  absl::Status trouble_;  // as last logged
};

}  // namespace tally::inbox
