#pragma once

#include <string>
#include <vector>

#include "activity_service/domain/activity.h"

namespace tally::activity {

// Orders placed, at their place_time, whether cancelled since or not; worth the order's total.
class OrdersCreated final : public Activity {
 public:
  static constexpr char kName[] = "orders.created";

  absl::string_view name() const override { return kName; }
  std::vector<std::string> event_types() const override;
  absl::StatusOr<std::vector<Contribution>> Read(const bus::Event& event) const override;
};

}  // namespace tally::activity
