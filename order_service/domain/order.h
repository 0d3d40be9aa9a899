#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/base/uuid.h"

namespace tally::orders {

enum class OrderState { kPlaced, kCancelled };

struct OrderLine {
  std::string sku;
  std::string description;
  int64_t quantity = 0;
  base::Money unit_price;

  friend bool operator==(const OrderLine&, const OrderLine&) = default;
};

// What a caller asks for, valid (see order_validation.h). Its lines never change once it is placed.
struct OrderContent {
  std::string customer;
  std::string currency;
  std::vector<OrderLine> lines;
  base::Money total;  // exact sum of quantity × unit price
  std::optional<absl::Time> place_time;

  friend bool operator==(const OrderContent&, const OrderContent&) = default;
};

// What a caller asks to be cancelled.
struct CancellationContent {
  base::Uuid order_id;
  std::string etag;  // empty: whatever it is
  std::string reason;
};

// Where the event of a change stands.
struct EventPlace {
  base::Uuid lane_id;
  int64_t sequence = 0;

  friend bool operator==(const EventPlace&, const EventPlace&) = default;
};

struct Cancellation {
  absl::Time time;
  std::string reason;
  EventPlace event;
};

struct Order {
  base::Uuid order_id;
  std::string customer;
  std::string currency;
  std::vector<OrderLine> lines;
  base::Money total;
  OrderState state = OrderState::kPlaced;
  int64_t version = 1;
  absl::Time place_time;   // business time, microseconds
  absl::Time create_time;  // when the service took it, microseconds
  EventPlace placed_event;
  std::optional<Cancellation> cancellation;

  absl::Time update_time() const { return cancellation ? cancellation->time : create_time; }
  std::string etag() const;
};

}  // namespace tally::orders
