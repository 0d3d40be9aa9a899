#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tally::bench {

// How large the rows of the reference order are.
struct RowSizes {
  int lines_bytes = 0;
  int headers_bytes = 0;
  int payload_bytes = 0;
};

// Of the rows that order_service wrote into this database.
absl::StatusOr<RowSizes> MeasureRows(const std::string& database_url);

struct PgbenchResult {
  double transactions_per_second = 0;
  double latency_us = 0;  // of a transaction, average
};

// What pgbench reaches with the same two inserts as PlaceOrder, one order
// and its event in one transaction, prepared, into the same tables with the same indexes: what a
// careful team would write by hand.
absl::StatusOr<PgbenchResult> RunPgbench(const std::string& database_url, const RowSizes& sizes,
                                         int clients, absl::Duration duration);

}  // namespace tally::bench
