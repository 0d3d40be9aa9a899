#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/sequence_set.h"
#include "common/bus/message.h"
#include "common/telemetry/log.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/sightings.h"

namespace tally::simulation {

// Of what is simulated nothing is logged: what happens is in the trace.
inline constexpr auto kSilent = static_cast<telemetry::LogLevel>(99);

// How likely what goes wrong in a seed; each seed has a weather of its own, so that some show long
// undisturbed stretches and some hardly any.
struct Weather {
  double killed = 0;            // at a call of database or bus
  double connection_lost = 0;   // at a statement
  double statement_failed = 0;  // the same
  double lock_not_had = 0;      // the same
  double commit_in_doubt = 0;
  double ack_lost = 0;     // of a publish
  double packet_lost = 0;  // of a consumer's acknowledgements
  double answer_lost = 0;  // of a request
  double interleaved = 0;  // others step in the middle of a step
  absl::Duration retention = absl::Minutes(1);
};

// One life of a process: from its start until it is killed or stopped.
struct Life {
  std::string name;
  // Killed in the middle of a step: nothing it does from here on has any effect, and what it holds
  // is dropped when the step returns.
  bool dying = false;
  int commands = 0;  // in hand
};

// What all parts of one run share. Single-threaded.
class Scene {
 public:
  Scene(uint64_t seed, std::set<Decision> left_out, bool traced);

  Chance chance;
  base::ManualClock clock;
  Sightings sightings;
  Weather weather;

  // Whose step runs; null between steps, and while the checker looks: then nothing fails.
  Life* current = nullptr;
  // Lets others step meanwhile. Called where a real process could be overtaken.
  std::function<void()> interleave = [] {};
  // Lets a process answer what it is asked.
  std::function<void(const Life&)> answer = [](const Life&) {};
  // A consumer is about to acknowledge these.
  std::function<void(absl::Span<const bus::Delivery>)> acknowledging =
      [](absl::Span<const bus::Delivery>) {};
  // A producer gives a consumer this answer to a question about events.
  std::function<void(const std::string&)> giving = [](const std::string&) {};
  // The databases in which something was committed since they were last looked at, by name.
  std::set<std::string> changed;
  // Of each lane, what a relay was told the stream has.
  std::map<std::string, base::SequenceSet> stored;

  // Draws whether the process that steps is killed here.
  bool Killed(const char* where);

  // The first failure stands.
  void Fail(std::string why);
  const std::string& failure() const { return failure_; }

  bool traced() const { return traced_; }
  template <typename... Args>
  void Say(const Args&... args) {
    if (traced_) Write(absl::StrCat(args...));
  }
  const std::string& trace() const { return trace_; }
  // A short name for a lane, or what begins with its id: L1, L2/7 … in the order in which they are
  // heard of.
  std::string NameOf(const std::string& id);

 private:
  void Write(const std::string& line);

  const bool traced_;
  std::string failure_;
  std::string trace_;
  std::map<std::string, int> lanes_;
};

}  // namespace tally::simulation
