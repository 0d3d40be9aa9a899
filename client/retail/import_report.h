#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/retail/left_out.h"

namespace tally::client {

// An order that could not be placed.
struct FailedOrder {
  int64_t line = 0;  // the invoice's first line in the file
  std::string invoice;
  std::string problem;
};

// What became of a file.
struct ImportReport {
  int64_t rows = 0;
  int64_t placed = 0;         // by this import
  int64_t already_there = 0;  // placed by an earlier one
  std::vector<FailedOrder> failed;
  std::vector<LeftOut> left_out;
  absl::Duration time_taken;

  // For people: counts by reason, each with its first few examples.
  std::string Summary() const;

  // Everything with line numbers, as CSV: line,invoice,what,detail.
  std::string Full() const;

  // One JSON object with the counts of the summary.
  std::string Json() const;
};

}  // namespace tally::client
