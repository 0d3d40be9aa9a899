#pragma once

#include "common/outbox/command.h"

namespace tally::orders {

// What callers ask of orders; see PlaceOrderCommand and CancelOrderCommand, which are all there
// are.
class OrderCommand : public outbox::Command {
 public:
  enum class Kind { kPlace, kCancel };
  virtual Kind kind() const = 0;
};

}  // namespace tally::orders
