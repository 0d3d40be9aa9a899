#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/inbox/event_handler.h"

namespace tally::inbox {

// Counts in table `counted` how often each event was applied: once, or a test fails. Applies type
// "counted" and ignores type "ignored".
class CountingHandler final : public EventHandler {
 public:
  explicit CountingHandler(std::string name) : name_(std::move(name)) {}

  // Asked before each event; what it returns or throws is what Apply() does.
  std::function<absl::Status(db::Transaction&, const bus::Event&)> verdict;
  bool knows_everything = false;
  std::atomic<int> calls = 0;
  std::atomic<int> commits = 0;  // that it was told of

  Interest InterestIn(absl::string_view type) const override;
  absl::Status Apply(db::Transaction& transaction,
                     absl::Span<const bus::Event* const> events) override;
  void Committed() override { ++commits; }

 private:
  const std::string name_;
};

}  // namespace tally::inbox
