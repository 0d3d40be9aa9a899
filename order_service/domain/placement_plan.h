#pragma once

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/uuid.h"

namespace tally::orders {

// By what a PlaceOrder recognises itself when it comes again. Views into the command or order it is
// the key of.
struct PlacementKey {
  base::Uuid order_id;
  absl::string_view caller;      // empty: nobody was asked who calls
  absl::string_view request_id;  // empty: every call is a new order
  absl::string_view fingerprint;
};

// What one command of a batch comes to.
struct Placement {
  enum class Kind {
    kInsert,         // new: write it
    kStored,         // was placed before: answer with stored order `index`
    kSameAsCommand,  // asks for the same as command `index` of this batch, which is inserted
    kConflict,       // its request_id was used for another order
  };
  Kind kind = Kind::kInsert;
  size_t index = 0;

  friend bool operator==(const Placement&, const Placement&) = default;
};

// Decides a batch: one Placement for each command, in order. `stored` are the keys of orders found
// in the database under any of the commands' order ids or request ids (others do no harm). Pure.
//
// A request_id that an order without a caller has is taken for every caller: a call may be repeated
// after authentication was turned on. An order found under the command's own order id is the
// command's own, from a transaction whose outcome was unknown.
std::vector<Placement> PlanPlacements(absl::Span<const PlacementKey> commands,
                                      absl::Span<const PlacementKey> stored);

}  // namespace tally::orders
