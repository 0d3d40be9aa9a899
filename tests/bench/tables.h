#pragma once

#include <string>

#include "tests/bench/report.h"

namespace tally::bench {

// What was measured, for people: a table for each suite, with the measures that tell most; the rest
// is in the JSON.
std::string TablesOf(const Report& report);

}  // namespace tally::bench
