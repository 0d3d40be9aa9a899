#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/bench/report.h"

namespace tally::bench {

// What counts: measures of the same round held against each other, with the aim of the project.
struct Ratio {
  std::string name;
  Samples samples;
  double least;
  double aim;
  bool lower_is_better = false;
};

// Those for which both sides were measured.
std::vector<Ratio> RatiosOf(const Report& report);

std::string ToTable(const std::vector<Ratio>& ratios);
nlohmann::ordered_json ToJson(const std::vector<Ratio>& ratios);

}  // namespace tally::bench
