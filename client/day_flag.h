#pragma once

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "common/base/violations.h"

namespace tally::client {

// The day that a flag names; nothing if it is empty. Adds a problem for what is no date.
std::optional<absl::CivilDay> ReadDay(const std::string& text, const std::string& flag,
                                      base::Violations& problems);

}  // namespace tally::client
