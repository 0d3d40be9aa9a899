#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/violations.h"

namespace tally::config {

// "database" → "TALLY_DATABASE".
std::string VariableOf(absl::string_view flag);

// Sets each flag for which `is_given(name)` is false from its environment variable, or from the
// file that the variable with _FILE names. Adds a problem for each wrong value and for each TALLY_
// variable that looks like a misspelt one of these.
void ReadEnvironment(const std::function<bool(const std::string&)>& is_given,
                     base::Violations& problems);

}  // namespace tally::config
