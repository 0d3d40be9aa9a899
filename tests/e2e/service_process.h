#pragma once

#include <signal.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/process.h"

namespace tally::e2e {

// The path of one of our programs.
std::string ProgramPath(absl::string_view name);

// One of our services as a real process, on any database, however little durable. Its addresses
// stay the same over Kill, Terminate and Restart; while it does not run, connections to them are
// refused. Not thread-safe.
class ServiceProcess {
 public:
  struct Spec {
    std::string program;  // "order_service"
    std::vector<std::string> flags = {};
    std::map<std::string, std::string> env = {};
    size_t lives_kept = 1000;  // Logs of earlier ones are forgotten.
  };

  explicit ServiceProcess(Spec spec) : spec_(std::move(spec)) {}

  // Returns when the service takes calls. The one before must have ended.
  absl::Status Start();
  // The same in two steps, so that several may start together.
  absl::Status Launch();
  absl::Status AwaitReady();
  // SIGKILL.
  void Kill();
  // SIGTERM, and the exit code; DEADLINE_EXCEEDED if it still runs after `timeout`.
  absl::StatusOr<int> Terminate(absl::Duration timeout);
  // SIGSTOP and SIGCONT: sessions and connections stay, and nothing is done with them.
  absl::Status Freeze() { return lives_.back()->Signal(SIGSTOP); }
  absl::Status Thaw() { return lives_.back()->Signal(SIGCONT); }
  // Kills the service if it runs, and starts it again.
  absl::Status Restart();

  bool Running() { return lives_.back()->Running(); }
  // How the last life ended, as Process::Wait tells it; DEADLINE_EXCEEDED while it runs.
  absl::StatusOr<int> ExitCode() { return lives_.back()->Wait(absl::ZeroDuration()); }

  int port() const { return listen_.port(); }
  std::string address() const;
  pid_t pid() const { return lives_.back()->pid(); }

  // The sum of all series of a metric, 0 if there is none. Counters begin anew with each start.
  absl::StatusOr<double> Metric(absl::string_view name) const;

  // Everything it wrote to stderr, in all the lives that are kept.
  std::string Log() const;
  // The ends of its logs, of all lives that are kept, and its metrics if it still runs.
  std::string Describe() const;

 private:
  absl::StatusOr<std::vector<std::string>> MetricLines() const;

  const Spec spec_;
  testkit::FreePort listen_;
  testkit::FreePort http_;
  std::deque<std::unique_ptr<testkit::Process>> lives_;  // The last one may still run.
};

}  // namespace tally::e2e
