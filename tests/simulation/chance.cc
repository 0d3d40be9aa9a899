#include "tests/simulation/chance.h"

#include <utility>

namespace tally::simulation {
namespace {

// The finalizer of SplitMix64.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr uint64_t kChoices = 1;
constexpr uint64_t kFaults = 2;

}  // namespace

Chance::Chance(uint64_t seed, std::set<Decision> left_out)
    : seed_(seed), left_out_(std::move(left_out)) {}

bool Chance::BeginTurn(int turn) {
  turn_ = turn;
  drawn_ = 0;
  faults_ = 0;
  if (left_out_.contains({.turn = turn})) return false;
  taken_.push_back({.turn = turn});
  return true;
}

uint64_t Chance::Draw(uint64_t stream, uint64_t index) const {
  return Mix(Mix(Mix(seed_) + static_cast<uint64_t>(turn_ + 1)) + (index << 2) + stream);
}

uint64_t Chance::Below(uint64_t n) { return Draw(kChoices, drawn_++) % n; }

bool Chance::Fault(double probability) {
  if (calm_) return false;
  const Decision decision = {.turn = turn_, .fault = faults_++};
  const uint64_t drawn = Draw(kFaults, static_cast<uint64_t>(decision.fault)) >> 11;
  if (static_cast<double>(drawn) * 0x1p-53 >= probability) return false;
  if (left_out_.contains(decision)) return false;
  taken_.push_back(decision);
  return true;
}

}  // namespace tally::simulation
