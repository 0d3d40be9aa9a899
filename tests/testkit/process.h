#pragma once

#include <signal.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {

// A child process in a process group of its own, its stdout and stderr kept in files. It does not
// outlive the test: the destructor kills the whole group, and the kernel kills the process when the
// *thread* that started it ends. Start long-lived processes from the test's main thread. Not
// thread-safe.
class Process {
 public:
  struct Spec {
    std::vector<std::string> argv = {};           // argv[0] without '/' is looked for in PATH.
    std::map<std::string, std::string> env = {};  // Set on top of the test's own environment.
    std::string cwd = {};                         // Empty: the test's own.
    std::string user = {};  // Run as this user, which only root can; empty: as the test itself.
    int signal_at_test_death = SIGKILL;  // What the kernel sends when the starting thread is gone.
  };

  // Fails if the program cannot be executed.
  static absl::StatusOr<std::unique_ptr<Process>> Start(Spec spec);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();

  // Sends a signal to the process alone. FAILED_PRECONDITION once it has ended.
  absl::Status Signal(int signal);

  // SIGKILL to the whole group; returns when the process is gone.
  void Kill();

  // Blocks until the process ends and returns its exit code, or 128 + the signal that ended it.
  // DEADLINE_EXCEEDED, with the end of its output, if it is still running after `timeout`. What is
  // left of its group is killed.
  absl::StatusOr<int> Wait(absl::Duration timeout);

  // Blocks until stdout has a complete line that starts with `prefix` and returns it. Fails at
  // once, with the end of the output, when the process ends without one.
  absl::StatusOr<std::string> WaitForLine(absl::string_view prefix, absl::Duration timeout);

  // All of it, so far.
  std::string Stdout() const;
  std::string Stderr() const;

  // Program, pid and the end of both outputs: for failure messages.
  std::string Describe() const;

 private:
  explicit Process(Spec spec);
  absl::Status Fork();
  void Reap();

  const Spec spec_;
  TempDir output_;
  pid_t pid_ = -1;
  int pidfd_ = -1;  // Becomes readable when the process ends; -1 before the start.
  std::optional<int> exit_code_;
};

}  // namespace tally::testkit
