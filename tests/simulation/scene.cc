#include "tests/simulation/scene.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace tally::simulation {
namespace {

constexpr int64_t kBeginSeconds = 1'700'000'000;

template <size_t n>
double AnyOf(Chance& chance, const double (&values)[n]) {
  return values[chance.Below(n)];
}

}  // namespace

Scene::Scene(uint64_t seed, std::set<Decision> left_out, bool traced)
    : chance(seed, std::move(left_out)),
      clock(absl::FromUnixSeconds(kBeginSeconds)),
      traced_(traced) {
  weather.killed = AnyOf(chance, {0, 0.0005, 0.003});
  weather.connection_lost = AnyOf(chance, {0, 0.001, 0.01});
  weather.statement_failed = AnyOf(chance, {0, 0.001, 0.005});
  weather.lock_not_had = AnyOf(chance, {0, 0.002, 0.01});
  weather.commit_in_doubt = AnyOf(chance, {0, 0.01, 0.06});
  weather.ack_lost = AnyOf(chance, {0, 0.03, 0.2});
  weather.packet_lost = AnyOf(chance, {0, 0.03, 0.2});
  weather.answer_lost = AnyOf(chance, {0, 0.05});
  weather.interleaved = AnyOf(chance, {0, 0.05, 0.2});
  weather.retention = chance.Below(3) == 0 ? absl::Seconds(2) : absl::Seconds(20);
}

bool Scene::Killed(const char* where) {
  if (current == nullptr) return false;
  if (current->dying) return true;
  if (!chance.Fault(weather.killed)) return false;
  current->dying = true;
  sightings.Saw("process killed in the middle of a step");
  Say("    ", current->name, " is killed at ", where);
  return true;
}

void Scene::Fail(std::string why) {
  if (!failure_.empty()) return;
  Say("FAILED: ", why);
  failure_ = std::move(why);
}

std::string Scene::NameOf(const std::string& id) {
  const size_t slash = std::min(id.find('/'), id.size());
  const int lane = lanes_.emplace(id.substr(0, slash), lanes_.size() + 1).first->second;
  return absl::StrCat("L", lane, id.substr(slash));
}

void Scene::Write(const std::string& line) {
  const double seconds = absl::ToDoubleSeconds(clock.Now() - absl::FromUnixSeconds(kBeginSeconds));
  absl::StrAppend(&trace_, absl::StrFormat("%9.3f  ", seconds), line, "\n");
}

}  // namespace tally::simulation
