#include "client/retail/left_out.h"

namespace tally::client {

absl::string_view ToString(LeftOutReason reason) {
  switch (reason) {
    case LeftOutReason::kCreditNote:
      return "credit note";
    case LeftOutReason::kQuantityNotAboveZero:
      return "quantity not above zero";
    case LeftOutReason::kPriceNotAboveZero:
      return "unit price not above zero";
    case LeftOutReason::kMalformed:
      return "malformed";
    case LeftOutReason::kInvoiceWithoutLines:
      return "invoice with no line left";
  }
  return "";
}

}  // namespace tally::client
