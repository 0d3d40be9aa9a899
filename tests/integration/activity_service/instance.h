#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "activity_service/service/activity_counter.h"
#include "activity_service/store/activity_store.h"
#include "common/base/civil_day.h"
#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/bus/event.h"
#include "common/db/database.h"
#include "common/inbox/inbox.h"
#include "common/inbox/inbox_store.h"
#include "common/telemetry/telemetry.h"

namespace tally::activity {

inline const absl::Time kMorning =
    absl::FromCivil(absl::CivilHour(2010, 12, 1, 8), absl::UTCTimeZone());

// An order's event, as order_service writes it.
bus::Event Created(int lane, int64_t sequence, absl::Time time, const base::Money& total);
bus::Event Cancelled(int lane, int64_t sequence, absl::Time time, const base::Money& total);

base::Money Money(absl::string_view currency, int64_t units, int64_t nanos = 0);

// An activity_service without bus and gRPC: database, inbox and the counter of its two activities.
struct Instance {
  // Ends the test process if the database cannot be opened.
  explicit Instance(const std::string& url);

  absl::StatusOr<inbox::Inbox::Received> Receive(const std::vector<bus::Event>& events);
  // Ends the test process if they cannot be read.
  std::vector<DayTotals> Sum(const std::vector<base::TimeInterval>& intervals);
  inbox::LetterCounts Letters();

  telemetry::Telemetry telemetry;
  base::SystemClock clock;
  std::unique_ptr<db::Database> database;
  inbox::InboxStore inbox_store;
  ActivityStore store;
  ActivityCounter counter;
  inbox::Inbox inbox;
};

}  // namespace tally::activity
