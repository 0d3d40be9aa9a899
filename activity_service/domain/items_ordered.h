#pragma once

#include <string>
#include <vector>

#include "activity_service/domain/activity.h"

namespace tally::activity {

// Pieces ordered, over all lines, at the order's place_time, whether it was cancelled since or not.
class ItemsOrdered final : public Activity {
 public:
  absl::string_view name() const override { return "items.ordered"; }
  std::vector<std::string> event_types() const override;
  absl::StatusOr<std::vector<Contribution>> Read(const bus::Event& event) const override;
};

}  // namespace tally::activity
