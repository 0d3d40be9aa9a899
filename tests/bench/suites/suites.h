#pragma once

#include <vector>

#include "tests/bench/bench.h"

namespace tally::bench {

Suite StagesSuite();
Suite RatesSuite();
Suite DrainSuite();
Suite GrowthSuite();
Suite PeerSuite();
Suite AccessSuite();

}  // namespace tally::bench
