#pragma once

#include <functional>
#include <string>

#include "absl/time/time.h"

namespace tally::simulation {

// What in production is a thread of its own: something that advances by steps.
struct Component {
  std::string name;
  std::function<absl::Duration()> step;  // returns how long it may rest
  bool busy = false;                     // its step is under way
  absl::Time due = absl::InfinitePast();
};

}  // namespace tally::simulation
