#include "common/bus/definition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace tally::bus {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kDurations[] = {"ack_wait", "duplicate_window", "inactive_threshold",
                                            "max_age"};

std::string Show(absl::string_view name, const Json& value) {
  const bool duration =
      std::find(std::begin(kDurations), std::end(kDurations), name) != std::end(kDurations);
  if (duration && value.is_number_integer())
    return absl::FormatDuration(absl::Nanoseconds(value.get<int64_t>()));
  if (value.is_null()) return "not set";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool IsZero(const Json& value) {
  return value.is_null() || value == 0 || value == false || value == "" ||
         (value.is_array() && value.empty());
}

Json Sorted(Json value) {
  if (value.is_array()) std::sort(value.begin(), value.end());
  return value;
}

}  // namespace

Json Definition(const StreamConfig& config) {
  return {{"name", config.name},
          {"subjects", config.subjects},
          {"retention", "limits"},
          {"storage", "file"},
          {"discard", "new"},
          {"num_replicas", config.replicas},
          {"max_age", absl::ToInt64Nanoseconds(config.max_age)},
          {"max_bytes", config.max_bytes},
          {"max_msgs", -1},
          {"max_msgs_per_subject", -1},
          {"max_msg_size", -1},
          {"duplicate_window", absl::ToInt64Nanoseconds(config.duplicate_window)},
          {"no_ack", false}};
}

Json Definition(const DurableConfig& config) {
  return {{"durable_name", config.name},
          {"description", config.description},
          {"deliver_policy", "all"},
          {"deliver_subject", ""},
          {"filter_subject", ""},
          {"filter_subjects", Json()},
          {"ack_policy", "explicit"},
          {"replay_policy", "instant"},
          {"ack_wait", absl::ToInt64Nanoseconds(config.ack_wait)},
          {"backoff", Json()},
          {"max_deliver", -1},
          {"max_ack_pending", config.max_ack_pending},
          {"inactive_threshold", 0},
          {"headers_only", false}};
}

std::string Difference::ToString() const {
  return absl::StrCat(field, ": wanted ", wanted, ", is ", found);
}

std::vector<Difference> FindDifferences(const Json& wanted, const Json& found) {
  std::vector<Difference> differences;
  for (const auto& [name, value] : wanted.items()) {
    const auto field = found.find(name);
    const Json actual = field == found.end() ? Json() : *field;
    if (Sorted(actual) == Sorted(value) || (IsZero(actual) && IsZero(value))) continue;
    differences.push_back({name, Show(name, value), Show(name, actual)});
  }
  return differences;
}

std::vector<std::string> Differences(const Json& wanted, const Json& found) {
  std::vector<std::string> texts;
  for (const Difference& difference : FindDifferences(wanted, found)) {
    texts.push_back(difference.ToString());
  }
  return texts;
}

}  // namespace tally::bus
