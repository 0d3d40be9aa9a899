#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/consumer_process.h"
#include "tests/simulation/databases.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/network.h"
#include "tests/simulation/producer_process.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// One run: everything that chance lets happen for some hundred turns, and then, when nothing goes
// wrong any more, the time in which all must come right. Two processes produce on one database, a
// third on another; two consume on a third. In a turn one component steps, clients ask for
// something, packets move, time passes, or something breaks or is mended.
class World {
 public:
  struct Options {
    uint64_t seed = 0;
    int turns_min = 300;
    std::set<Decision> left_out = {};
    bool traced = false;
  };
  struct Outcome {
    std::string failure;  // empty: all was well
    Sightings sightings;
    std::vector<Decision> decisions;
    std::string trace;
  };

  static Outcome Run(Databases& databases, const Options& options);

 private:
  struct Action {
    uint64_t weight;
    void (World::*act)();
  };
  static const std::array<Action, 22> kActions;

  World(Scene& scene, Databases& databases);

  void Turn(int turn);
  void Look();
  void CalmDown();
  // Nothing is on its way, and no client waits.
  bool Idle();
  void StopAll();

  // Runs a step, of `process` or, without one, of another's choice.
  void Step(Process& process, Component& component);
  void Stop(Process& process);
  void Interleave();
  void Answer(const Life& life);
  void Bury();
  void StartMissing();
  void Restart(absl::FunctionRef<void()> damage);
  Process* AnyProcess();
  ProducerProcess* AnyProducer();
  void ForEach(absl::FunctionRef<void(Process&)> visit);

  // The actions.
  void StepSomebody();
  void StepAllThatAreDue();
  void MovePackets();
  void AskForNotes();
  void AskAgain();
  void PassMoment();
  void PassWhile();
  void PassLong();
  void Kill();
  void StopOne();
  void StartOne();
  void Pause();
  void CutLink();
  void MendLinks();
  void TurnBroker();
  void CopyBroker();
  void DamageBroker();
  void LoseMessage();
  void ChangeLimits();
  void RetryParked();
  void DiscardParked();
  void Mend();

  Scene& scene_;
  Databases& databases_;
  Network network_;
  Ledger ledger_;
  Checker checker_;
  bool mended_ = false;
  int depth_ = 0;
  int lives_ = 0;
  std::array<std::unique_ptr<ProducerProcess>, 3> producers_;
  std::array<std::unique_ptr<ConsumerProcess>, 2> consumers_;
};

}  // namespace tally::simulation
