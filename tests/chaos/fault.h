#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/chaos/site.h"

namespace tally::chaos {

using Random = std::mt19937_64;

// What a fault touches; two that touch the same are not there at the same time.
enum class Part { kOrderService, kActivityService, kDatabase, kDatabaseNetwork, kBus, kBusNetwork };

// Ends a fault. Blocks until what it started again takes connections.
using Undo = std::function<absl::Status()>;

// A kind of fault. Strike begins one, on what the random numbers choose; an error: it could not be
// done to the site as it is now (a COMMIT that never came, for example), and there is nothing to
// undo.
struct FaultKind {
  std::string name;
  Part part;
  std::function<absl::StatusOr<Undo>(Site& site, Random& random)> strike;
};

// Those that a site with these options can have, in the order of the help text.
std::vector<FaultKind> FaultKinds(const Site::Options& options);

// The parts of that list, a file for each.
std::vector<FaultKind> ProcessFaults(const Site::Options& options);
std::vector<FaultKind> NetworkFaults(const Site::Options& options);
std::vector<FaultKind> DatabaseFaults(const Site::Options& options);
std::vector<FaultKind> BrokerFaults();

// One of several.
template <typename T>
T& AnyOf(std::vector<T>& things, Random& random) {
  return things[std::uniform_int_distribution<size_t>(0, things.size() - 1)(random)];
}

}  // namespace tally::chaos
