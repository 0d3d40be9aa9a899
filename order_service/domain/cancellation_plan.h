#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"

namespace tally::orders {

// What a CancelOrder asks for, and by what it recognises itself when it comes again. Views into the
// command it is the key of.
struct CancellationKey {
  base::Uuid order_id;
  absl::string_view etag;        // empty: whatever it is
  absl::string_view caller;      // empty: nobody was asked who calls
  absl::string_view request_id;  // empty: none was given
  absl::string_view fingerprint;
};

// An order as a cancellation sees it. Views into the order.
struct CancellableOrder {
  base::Uuid order_id;
  std::string etag;
  bool cancelled = false;
  absl::string_view caller;  // of the cancellation, like the two below
  absl::string_view request_id;
  absl::string_view fingerprint;
};

// What one command of a batch comes to.
struct CancellationDecision {
  enum class Kind {
    kCancel,     // cancel `order`
    kCancelled,  // `order` is cancelled already, perhaps by a command of this batch
    kNotFound,
    kStale,     // `order` has changed since its etag was read
    kConflict,  // its request_id was used for another cancellation
  };
  Kind kind = Kind::kNotFound;
  size_t order = 0;  // index; of no meaning with kNotFound

  friend bool operator==(const CancellationDecision&, const CancellationDecision&) = default;
};

// Decides a batch: one decision for each command, in order. `orders` are those found under any of
// the commands' order ids, and those cancelled under any of their request ids; each once. Pure.
std::vector<CancellationDecision> PlanCancellations(absl::Span<const CancellationKey> commands,
                                                    absl::Span<const CancellableOrder> orders);

}  // namespace tally::orders
