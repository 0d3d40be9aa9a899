#include "order_service/domain/placement_plan.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace tally::orders {
namespace {

using RequestKey = std::pair<absl::string_view, absl::string_view>;

RequestKey RequestKeyOf(const PlacementKey& key) { return {key.caller, key.request_id}; }

// An order whose fingerprint was erased is taken to be what every repetition by its caller asks
// for. Of others nobody knows whether they repeat anything.
bool AsksForTheSame(const PlacementKey& command, const PlacementKey& stored) {
  return stored.fingerprint.empty() ? stored.caller == command.caller
                                    : stored.fingerprint == command.fingerprint;
}

}  // namespace

std::vector<Placement> PlanPlacements(absl::Span<const PlacementKey> commands,
                                      absl::Span<const PlacementKey> stored) {
  using Kind = Placement::Kind;
  absl::flat_hash_map<base::Uuid, size_t> stored_by_id;
  absl::flat_hash_map<RequestKey, size_t> stored_by_request;
  for (size_t i = 0; i < stored.size(); ++i) {
    stored_by_id.emplace(stored[i].order_id, i);
    if (!stored[i].request_id.empty()) stored_by_request.emplace(RequestKeyOf(stored[i]), i);
  }

  absl::flat_hash_map<RequestKey, size_t> inserted_by_request;
  std::vector<Placement> plan;
  plan.reserve(commands.size());
  for (size_t i = 0; i < commands.size(); ++i) {
    const PlacementKey& command = commands[i];
    if (auto own = stored_by_id.find(command.order_id); own != stored_by_id.end()) {
      plan.push_back({Kind::kStored, own->second});
      continue;
    }
    if (command.request_id.empty()) {
      plan.push_back({Kind::kInsert, i});
      continue;
    }
    auto it = stored_by_request.find(RequestKeyOf(command));
    if (it == stored_by_request.end()) it = stored_by_request.find({"", command.request_id});
    if (it != stored_by_request.end()) {
      const bool same = AsksForTheSame(command, stored[it->second]);
      plan.push_back({same ? Kind::kStored : Kind::kConflict, it->second});
      continue;
    }
    const auto [first, is_first] = inserted_by_request.emplace(RequestKeyOf(command), i);
    if (is_first) {
      plan.push_back({Kind::kInsert, i});
    } else {
      const bool same = commands[first->second].fingerprint == command.fingerprint;
      plan.push_back({same ? Kind::kSameAsCommand : Kind::kConflict, first->second});
    }
  }
  return plan;
}

}  // namespace tally::orders
