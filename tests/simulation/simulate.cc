// simulate --seeds=N --seed=S --jobs=J: runs N seeds from S on. See README.md.

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/simulation/databases.h"
#include "tests/simulation/shrinker.h"
#include "tests/simulation/world.h"

ABSL_FLAG(uint64_t, seed, 1, "The first seed. Alone, its run is shown.");
ABSL_FLAG(uint64_t, seeds, 1, "How many.");
ABSL_FLAG(int, jobs, 0, "Runs at the same time; 0: one for each core.");
ABSL_FLAG(int, shrink_tries, 600, "Runs to make a failing one shorter; 0: none.");

namespace tally::simulation {
namespace {

// Of fewer seeds nothing can be said about what is rare.
constexpr uint64_t kSeedsThatShowAll = 1000;
constexpr absl::Duration kShowEvery = absl::Seconds(10);

using AllDatabases = std::vector<std::unique_ptr<Databases>>;

thread_local uint64_t running_seed = 0;

void NameTheSeed(int signal) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "seed %llu ended the process\n",
                                   static_cast<unsigned long long>(running_seed));
  if (length > 0) [[maybe_unused]]
    const auto written = ::write(2, text, static_cast<size_t>(length));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// SIGINT and SIGTERM end a run between two seeds, so that it tells what it saw and removes its
// files.
sigset_t Stopping() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

bool ToldToStop() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

World::Outcome RunSeed(Databases& databases, uint64_t seed, std::set<Decision> left_out,
                       bool traced) {
  running_seed = seed;
  return World::Run(databases, {.seed = seed, .left_out = std::move(left_out), .traced = traced});
}

// The failing run made short, as text.
std::string Shrunk(Databases& databases, uint64_t seed, const World::Outcome& failed) {
  const std::set<Decision> left_out = LeaveOut(
      failed.decisions, absl::GetFlag(FLAGS_shrink_tries), [&](const std::set<Decision>& without) {
        return !ToldToStop() && !RunSeed(databases, seed, without, false).failure.empty();
      });
  const World::Outcome shortest = RunSeed(databases, seed, left_out, true);
  return absl::StrCat("With ", shortest.decisions.size(), " of its ", failed.decisions.size(),
                      " turns and faults seed ", seed, " still fails (", shortest.failure, "):\n",
                      shortest.trace);
}

class Campaign {
 public:
  // One job for each of `databases`.
  Campaign(const AllDatabases& databases, uint64_t first, uint64_t count)
      : databases_(databases), first_(first), count_(count) {}

  void Run() {
    std::vector<std::thread> threads;
    for (const auto& own : databases_) threads.emplace_back([this, &own] { RunJob(*own); });
    for (std::thread& thread : threads) thread.join();
  }

  int Report() {
    absl::MutexLock lock(&mutex_);
    std::printf("%llu seeds from %llu on, %lld turns, %zu failed\n%s",
                static_cast<unsigned long long>(done_), static_cast<unsigned long long>(first_),
                static_cast<long long>(turns_), failed_.size(), sightings_.ToText().c_str());
    for (const auto& [seed, outcome] : failed_) {
      std::printf("seed %llu failed: %s\n", static_cast<unsigned long long>(seed),
                  outcome.failure.c_str());
    }
    if (!failed_.empty()) {
      std::printf("%s",
                  Shrunk(*databases_[0], failed_.begin()->first, failed_.begin()->second).c_str());
      return 1;
    }
    if (done_ < kSeedsThatShowAll) return 0;
    for (const std::string& what : sightings_.Missing())
      std::printf("never seen: %s\n", what.c_str());
    return sightings_.Missing().empty() ? 0 : 1;
  }

 private:
  void RunJob(Databases& databases) {
    for (uint64_t i = next_++; i < count_ && !ToldToStop(); i = next_++) {
      const uint64_t seed = first_ + i;
      World::Outcome outcome = RunSeed(databases, seed, {}, false);
      absl::MutexLock lock(&mutex_);
      sightings_.Add(outcome.sightings);
      turns_ += std::count_if(outcome.decisions.begin(), outcome.decisions.end(),
                              [](const Decision& decision) { return decision.fault < 0; });
      ++done_;
      ShowProgress();
      if (outcome.failure.empty()) continue;
      failed_.emplace(seed, std::move(outcome));
      next_ = count_;
    }
  }

  void ShowProgress() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Time now = absl::Now();
    if (now - shown_ < kShowEvery) return;
    shown_ = now;
    std::fprintf(stderr, "%llu of %llu seeds, %.0f a second\n",
                 static_cast<unsigned long long>(done_), static_cast<unsigned long long>(count_),
                 static_cast<double>(done_) / absl::ToDoubleSeconds(now - began_));
  }

  const AllDatabases& databases_;
  const uint64_t first_;
  const uint64_t count_;
  const absl::Time began_ = absl::Now();
  std::atomic<uint64_t> next_ = 0;
  absl::Mutex mutex_;
  absl::Time shown_ ABSL_GUARDED_BY(mutex_) = began_;
  int64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  Sightings sightings_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, World::Outcome> failed_ ABSL_GUARDED_BY(mutex_);
};

int ShowOne(Databases& databases, uint64_t seed) {
  const World::Outcome outcome = RunSeed(databases, seed, {}, true);
  std::printf("%s%s", outcome.trace.c_str(), outcome.sightings.ToText().c_str());
  if (outcome.failure.empty()) return 0;
  std::printf("seed %llu failed: %s\n", static_cast<unsigned long long>(seed),
              outcome.failure.c_str());
  if (absl::GetFlag(FLAGS_shrink_tries) > 0)
    std::printf("%s", Shrunk(databases, seed, outcome).c_str());
  return 1;
}

int Main() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // it costs time
  const sigset_t stopping = Stopping();
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  std::signal(SIGABRT, NameTheSeed);
  std::signal(SIGSEGV, NameTheSeed);
  const uint64_t seed = absl::GetFlag(FLAGS_seed);
  const uint64_t seeds = absl::GetFlag(FLAGS_seeds);
  int jobs = absl::GetFlag(FLAGS_jobs);
  if (jobs <= 0) jobs = static_cast<int>(std::thread::hardware_concurrency());
  MemoryFiles files;
  AllDatabases databases;
  for (int i = 0; i < (seeds == 1 ? 1 : jobs); ++i) {
    auto made = Databases::Make(files);
    if (!made.ok()) {
      std::fprintf(stderr, "%s\n", made.status().ToString().c_str());
      return 1;
    }
    databases.push_back(*std::move(made));
  }
  if (seeds == 1) return ShowOne(*databases[0], seed);
  Campaign campaign(databases, seed, seeds);
  campaign.Run();
  return campaign.Report();
}

}  // namespace
}  // namespace tally::simulation

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Runs the system in simulation, one seed after the other.");
  absl::ParseCommandLine(argc, argv);
  return tally::simulation::Main();
}
