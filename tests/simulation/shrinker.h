#pragma once

#include <set>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/simulation/chance.h"

namespace tally::simulation {

// The decisions that a failing run can do without, all at once, and still fails: what is left is
// short enough to be read. `fails`: whether a run that leaves these out still does. Ends after
// `tries_max` runs with what it has by then.
std::set<Decision> LeaveOut(const std::vector<Decision>& decisions, int tries_max,
                            absl::FunctionRef<bool(const std::set<Decision>&)> fails);

}  // namespace tally::simulation
