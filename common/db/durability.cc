#include "common/db/durability.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tally::db {
namespace {

// `setting`, where there is one of this name, must have one of `values`.
struct Requirement {
  const char* setting;
  Durability durability;
  std::vector<absl::string_view> values;  // empty: any but the empty text
  const char* required;
};

const std::vector<Requirement>& Requirements() {
  static const auto& requirements = *new std::vector<Requirement>{
      {"fsync", Durability::kMachine, {"on"}, "on"},
      {"full_page_writes", Durability::kMachine, {"on"}, "on"},
      {"synchronous_commit",
       Durability::kMachine,
       {"on", "remote_apply", "remote_write", "local"},
       "on"},
      {"synchronous", Durability::kMachine, {"full", "extra"}, "full"},
      {"synchronous_commit", Durability::kReplica, {"on", "remote_apply"}, "on"},
      {"synchronous_standby_names", Durability::kReplica, {}, "the names of standbys"},
  };
  return requirements;
}

bool Meets(const std::string& value, const Requirement& requirement) {
  const auto& values = requirement.values;
  if (values.empty()) return !value.empty();
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

absl::string_view Name(Durability durability) {
  switch (durability) {
    case Durability::kProcess:
      return "process";
    case Durability::kMachine:
      return "machine";
    case Durability::kReplica:
      return "replica";
  }
  return "";
}

absl::StatusOr<Durability> ParseDurability(absl::string_view name) {
  for (const Durability durability :
       {Durability::kProcess, Durability::kMachine, Durability::kReplica}) {
    if (name == Name(durability)) return durability;
  }
  return absl::InvalidArgumentError("must be process, machine or replica");
}

Durability DurabilityOf(const DurabilitySettings& settings) {
  for (const Durability durability : {Durability::kReplica, Durability::kMachine}) {
    if (Shortcomings(settings, durability).empty()) return durability;
  }
  return Durability::kProcess;
}

std::vector<std::string> Shortcomings(const DurabilitySettings& settings, Durability wanted) {
  std::vector<std::string> shortcomings;
  if (wanted == Durability::kReplica && settings.contains("journal_mode")) {
    shortcomings.push_back("SQLite has no replicas");
  }
  for (const Requirement& requirement : Requirements()) {
    const auto setting = settings.find(requirement.setting);
    if (requirement.durability > wanted || setting == settings.end()) continue;
    if (Meets(setting->second, requirement)) continue;
    shortcomings.push_back(absl::StrCat(requirement.setting, " is ",
                                        setting->second.empty() ? "empty" : setting->second,
                                        " and must be ", requirement.required));
  }
  return shortcomings;
}

}  // namespace tally::db
