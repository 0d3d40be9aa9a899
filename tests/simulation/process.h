#pragma once

#include <list>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/component.h"
#include "tests/simulation/simulated_bus.h"

namespace tally::simulation {

// One life of a process. Destroying it is killing it: nothing is closed, nothing given up.
class Process {
 public:
  Process(std::string name, Network& network)
      : life_{.name = std::move(name)}, bus_(network, life_) {}
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // As at SIGTERM.
  virtual void Stop() = 0;
  // What its metrics say of rare things.
  virtual void Report(Sightings& sightings) = 0;

  Life& life() { return life_; }
  SimulatedBus& bus() { return bus_; }
  std::list<Component>& components() { return components_; }
  // Not to step before this time: as if it were stopped by SIGSTOP.
  absl::Time paused_until = absl::InfinitePast();

 protected:
  // Returns what wakes it.
  std::function<void()> AddComponent(const char* what, std::function<absl::Duration()> step) {
    Component& added = components_.emplace_back(
        Component{.name = life_.name + "." + what, .step = std::move(step)});
    return [&added] { added.due = absl::InfinitePast(); };
  }

 private:
  Life life_;
  SimulatedBus bus_;
  std::list<Component> components_;
};

}  // namespace tally::simulation
