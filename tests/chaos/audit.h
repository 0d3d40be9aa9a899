#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/chaos/ledger.h"
#include "tests/chaos/site.h"

namespace tally::chaos {

// Both halves of the stick held against each other.
struct Findings {
  int64_t counted = 0;  // Orders, in the statistics.
  int64_t lost = 0;     // Orders or counts that clients were promised and that are not there.
  int64_t twice = 0;    // Those that are there and should not be.
  std::vector<std::string> differences;  // In words; empty: both are equal.
};

// The ledger and what each activity_service answers. Outcomes that are unknown, and a service that
// does not answer, are differences.
Findings CompareStatistics(const Ledger& ledger, const Site& site);

// The ledger and all there is: every order, every event, every lane, and what `tally audit` says.
// For when all is counted and nobody buys. An error: it could not be asked for.
absl::StatusOr<Findings> AuditEverything(const Ledger& ledger, const Site& site);

}  // namespace tally::chaos
