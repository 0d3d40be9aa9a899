#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::db {

// What a commit survives; each includes those before it.
enum class Durability {
  kProcess,  // the end of processes: ours, the database's
  kMachine,  // the loss of power too: it was on disk when it was confirmed
  kReplica,  // the loss of the machine with its disks: another had it too
};

// "process", "machine", "replica".
absl::string_view Name(Durability durability);
absl::StatusOr<Durability> ParseDurability(absl::string_view name);

// The server's or file's own settings that a database's promises rest on, by name: fsync,
// synchronous_commit, full_page_writes, synchronous_standby_names, is_in_recovery; journal_mode,
// synchronous. synchronous_commit is as our transactions have it.
using DurabilitySettings = std::map<std::string, std::string>;

// What a commit survives by these settings. Pure, as is the next.
Durability DurabilityOf(const DurabilitySettings& settings);

// The settings that keep it below `wanted`, each with what is required: "fsync is off and must be
// on". Empty: it is not below.
std::vector<std::string> Shortcomings(const DurabilitySettings& settings, Durability wanted);

}  // namespace tally::db
