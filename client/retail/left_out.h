#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tally::client {

// Why a line of a file, or a whole invoice, makes no order.
enum class LeftOutReason {
  kCreditNote,
  kQuantityNotAboveZero,
  kPriceNotAboveZero,
  kMalformed,
  kInvoiceWithoutLines,
};

// For people: "credit note".
absl::string_view ToString(LeftOutReason reason);

// A line (or, for kInvoiceWithoutLines, the first line of an invoice) that was left out.
struct LeftOut {
  int64_t line = 0;
  std::string invoice;  // empty where the line does not tell
  LeftOutReason reason;
  std::string detail;  // the value found, or what is wrong

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

}  // namespace tally::client
