#include "common/bus/stream_durability.h"

#include "absl/strings/str_cat.h"
#include "common/bus/jetstream_protocol.h"

namespace tally::bus {
namespace {

// The leader, and those of the others that are there and have all it has.
int64_t CurrentReplicas(const nlohmann::json& cluster) {
  int64_t current = 1;
  const auto replicas = cluster.find("replicas");
  if (replicas == cluster.end() || !replicas->is_array()) return current;
  for (const nlohmann::json& replica : *replicas) {
    if (BoolField(replica, "current") && !BoolField(replica, "offline")) ++current;
  }
  return current;
}

}  // namespace

std::map<std::string, std::string> StreamDurability(const nlohmann::json& info) {
  const nlohmann::json config = ObjectField(info, "config");
  const nlohmann::json cluster = ObjectField(info, "cluster");
  const int64_t max_bytes = IntField(config, "max_bytes");
  std::map<std::string, std::string> durability = {
      {"max_age", absl::FormatDuration(absl::Nanoseconds(IntField(config, "max_age")))},
      {"max_bytes", max_bytes <= 0 ? "none" : absl::StrCat(max_bytes)},
      {"replicas", absl::StrCat(IntField(config, "num_replicas"))},
      {"storage", StringField(config, "storage")},
      {"sync", "not shown"},
  };
  if (cluster.is_object()) durability["replicas_current"] = absl::StrCat(CurrentReplicas(cluster));
  const std::string persist_mode = StringField(config, "persist_mode");
  if (!persist_mode.empty()) durability["persist_mode"] = persist_mode;
  return durability;
}

std::vector<std::string> Shortcomings(const StreamState& state, const StreamConfig& declared) {
  std::vector<std::string> shortcomings;
  if (state.replicas < declared.replicas) {
    shortcomings.push_back(
        absl::StrCat("replicas is ", state.replicas, " and must be ", declared.replicas));
  }
  if (state.storage != "file") {
    shortcomings.push_back(absl::StrCat("storage is ", state.storage, " and must be file"));
  }
  const auto persist_mode = state.durability.find("persist_mode");
  if (persist_mode != state.durability.end() && persist_mode->second == "async") {
    shortcomings.push_back("persist_mode is async and must be default");
  }
  return shortcomings;
}

}  // namespace tally::bus
