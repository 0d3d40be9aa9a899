#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::simulation {

// Something that a run of a seed can do without: a turn of its scheduler, or a fault in a turn.
struct Decision {
  int turn = 0;
  int fault = -1;  // counted within the turn; -1: the turn itself

  friend auto operator<=>(const Decision&, const Decision&) = default;
};

// All chance of one run. What is drawn in a turn depends on the seed, the turn and how much was
// drawn in it before: leaving a turn out changes nothing in the others but what follows from it, so
// that a failing run can be made shorter. Pure arithmetic, the same everywhere.
class Chance {
 public:
  Chance(uint64_t seed, std::set<Decision> left_out);

  // False: this turn is left out.
  bool BeginTurn(int turn);
  // 0 … n-1.
  uint64_t Below(uint64_t n);
  // Whether something goes wrong that `probability` says may. Never once calm.
  bool Fault(double probability);
  void Calm() { calm_ = true; }
  bool calm() const { return calm_; }

  // The turns and the faults there were, in their order.
  const std::vector<Decision>& taken() const { return taken_; }

 private:
  uint64_t Draw(uint64_t stream, uint64_t index) const;

  const uint64_t seed_;
  const std::set<Decision> left_out_;
  std::vector<Decision> taken_;
  int turn_ = -1;
  uint64_t drawn_ = 0;
  int faults_ = 0;
  bool calm_ = false;
};

}  // namespace tally::simulation
