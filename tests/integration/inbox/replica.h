#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/message.h"
#include "common/db/database.h"
#include "common/inbox/inbox.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/letter_retrier.h"
#include "common/telemetry/telemetry.h"
#include "tests/integration/inbox/counting_handler.h"

namespace tally::inbox {

struct StoredLetter {
  std::string state;
  int64_t attempts;
  std::string error;
};

// One instance of a consuming service without its bus: database, inbox, letters and a counting
// handler.
struct Replica {
  // Ends the test process if the database cannot be opened.
  explicit Replica(const std::string& url, const std::string& name = "replica");

  absl::StatusOr<Inbox::Received> Receive(const std::vector<bus::Delivery>& deliveries) {
    return inbox.Receive(deliveries, absl::FromUnixMicros(42), [] {});
  }
  absl::Time Deadline() { return absl::Now() + absl::Seconds(10); }

  // How often each event was applied.
  std::map<std::string, int64_t> Counted();
  std::map<std::string, int64_t> CountedBy();
  // "<applied_through> [<ranges>]".
  std::string Watermark(int lane);
  std::map<std::string, StoredLetter> Letters();
  InboxStore::Coverage Coverage(int lane, int64_t sequence);
  void Read(absl::FunctionRef<absl::Status(db::Transaction&)> body);

  telemetry::Telemetry telemetry;
  base::SystemClock system_clock;
  base::ManualClock clock;  // of inbox and letters
  std::unique_ptr<db::Database> database;
  InboxStore store;
  CountingHandler handler;
  Inbox inbox;
  LetterRetrier letters;
};

// Sequences first..last of a lane, in order.
std::vector<bus::Delivery> Sequences(int lane, int64_t first, int64_t last);

}  // namespace tally::inbox
