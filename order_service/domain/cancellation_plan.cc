#include "order_service/domain/cancellation_plan.h"

#include <utility>

#include "absl/container/flat_hash_map.h"

namespace tally::orders {
namespace {

using RequestKey = std::pair<absl::string_view, absl::string_view>;

// The orders, as the commands so far leave them.
class Batch {
 public:
  explicit Batch(absl::Span<const CancellableOrder> orders)
      : orders_(orders.begin(), orders.end()) {
    for (size_t i = 0; i < orders_.size(); ++i) {
      by_id_.emplace(orders_[i].order_id, i);
      if (orders_[i].cancelled) Remember(i);
    }
  }

  CancellationDecision Decide(const CancellationKey& command) {
    using Kind = CancellationDecision::Kind;
    if (!command.request_id.empty()) {
      auto known = by_request_.find(RequestKey{command.caller, command.request_id});
      if (known == by_request_.end()) known = by_request_.find(RequestKey{"", command.request_id});
      if (known != by_request_.end()) {
        const CancellableOrder& order = orders_[known->second];
        // One whose fingerprint was erased is taken to be what every repetition asks for.
        const bool same = order.order_id == command.order_id &&
                          (order.fingerprint.empty() || order.fingerprint == command.fingerprint);
        return {same ? Kind::kCancelled : Kind::kConflict, known->second};
      }
    }
    const auto found = by_id_.find(command.order_id);
    if (found == by_id_.end()) return {};
    CancellableOrder& order = orders_[found->second];
    if (order.cancelled) return {Kind::kCancelled, found->second};
    if (!command.etag.empty() && command.etag != order.etag) return {Kind::kStale, found->second};
    order.cancelled = true;
    order.caller = command.caller;
    order.request_id = command.request_id;
    order.fingerprint = command.fingerprint;
    Remember(found->second);
    return {Kind::kCancel, found->second};
  }

 private:
  void Remember(size_t index) {
    const CancellableOrder& order = orders_[index];
    if (order.request_id.empty()) return;
    by_request_.emplace(RequestKey{order.caller, order.request_id}, index);
  }

  std::vector<CancellableOrder> orders_;
  absl::flat_hash_map<base::Uuid, size_t> by_id_;
  absl::flat_hash_map<RequestKey, size_t> by_request_;  // cancelled ones
};

}  // namespace

std::vector<CancellationDecision> PlanCancellations(absl::Span<const CancellationKey> commands,
                                                    absl::Span<const CancellableOrder> orders) {
  Batch batch(orders);
  std::vector<CancellationDecision> plan;
  plan.reserve(commands.size());
  for (const CancellationKey& command : commands) plan.push_back(batch.Decide(command));
  return plan;
}

}  // namespace tally::orders
