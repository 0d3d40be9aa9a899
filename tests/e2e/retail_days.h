#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/e2e/system.h"

namespace tally::e2e {

// Retail files to import: the project's own, and a larger real one where it is at hand.
std::string OwnRetailCsv();
std::vector<std::string> RetailCsvs();

// What the orders of one day come to.
struct DayTotals {
  int64_t orders = 0;
  int64_t pence = 0;

  bool operator==(const DayTotals&) const = default;
};
std::ostream& operator<<(std::ostream& out, const DayTotals& totals);

// By date, as in 2010-12-01; only days on which there is something.
using Days = std::map<std::string, DayTotals>;

int64_t OrdersOf(const Days& days);

// What must be counted once a retail file is imported: computed by sqlite3 from the file, by none
// of our code.
absl::StatusOr<Days> ExpectedDays(const std::string& csv);

// Part `part` (0, 1, 2) of a retail file: about a third of its invoices, each whole. Written to
// `path`.
absl::Status WriteThird(const std::string& csv, int part, const std::string& path);

// What an activity_service says of the days of `expected`, and how fresh that is.
struct CountedDays {
  Days days;
  std::optional<absl::Time> as_of;
  std::string completeness;
};
absl::StatusOr<CountedDays> GetCountedDays(const System& system, const Days& expected);

// Waits until the first activity_service counts exactly `expected`; returns what it counted last.
Days CountedBy(absl::Time deadline, const System& system, const Days& expected);

}  // namespace tally::e2e
