#pragma once

#include <string>
#include <vector>

#include "activity_service/domain/activity.h"

namespace tally::activity {

// Orders cancelled, at their cancel_time, whenever they were placed; worth the order's total.
class OrdersCancelled final : public Activity {
 public:
  static constexpr char kName[] = "orders.cancelled";

  absl::string_view name() const override { return kName; }
  std::vector<std::string> event_types() const override;
  absl::StatusOr<std::vector<Contribution>> Read(const bus::Event& event) const override;
};

}  // namespace tally::activity
