#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "activity_service/domain/activity.h"
#include "activity_service/store/activity_store.h"
#include "common/inbox/event_handler.h"

namespace tally::activity {

// Counts events: asks the activities what each adds and adds all of a batch in one statement.
// Additions commute, so the order of events does not matter. Thread-safe.
class ActivityCounter final : public inbox::EventHandler {
 public:
  // No two activities of one name. `store` must outlive this.
  ActivityCounter(std::vector<std::unique_ptr<Activity>> activities, const ActivityStore& store);

  // `told` is called after each commit that changed statistics; it must not block. Before the first
  // event.
  void OnCounted(std::function<void()> told) { told_ = std::move(told); }

  // Events of order_service that no activity reads are ignored.
  Interest InterestIn(absl::string_view type) const override;
  absl::Status Apply(db::Transaction& transaction,
                     absl::Span<const bus::Event* const> events) override;
  void Committed() override {
    if (told_ != nullptr) told_();
  }

 private:
  absl::Status AddTo(BucketTotals& totals, const bus::Event& event) const;

  const std::vector<std::unique_ptr<Activity>> activities_;
  absl::flat_hash_map<std::string, std::vector<const Activity*>> by_event_type_;
  const ActivityStore& store_;
  std::function<void()> told_;
};

}  // namespace tally::activity
