#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::simulation {

// How often each rare thing was seen. A simulation in which one of them never happens shows nothing
// about it, so each must.
class Sightings {
 public:
  void Saw(absl::string_view what, int64_t times = 1) { seen_[std::string(what)] += times; }
  void Add(const Sightings& other);

  // Those of the things there are to see that never were.
  std::vector<std::string> Missing() const;
  // A line for each.
  std::string ToText() const;

 private:
  std::map<std::string, int64_t> seen_;
};

}  // namespace tally::simulation
