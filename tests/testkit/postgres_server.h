#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/process.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {

// A real PostgreSQL, the newest that is installed, on a cluster of its own; as user postgres when
// the test runs as root. Port and data stay the same over Stop, Kill and Restart. Thread-safe:
// CreateDatabase and url; the rest is not.
class PostgresServer {
 public:
  struct Options {
    bool fsync =
        false;  // What a killed server had committed survives either way, a lost machine does not.
    std::vector<std::string> settings =
        {};  // More of postgresql.conf, e.g. "deadlock_timeout=100ms".
    std::map<std::string, std::string> env = {};  // On top of the test's own, for the server alone.
    std::string folder = {};                      // Where its files stand; empty: with all others.
  };

  // Returns when the server takes connections.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start();
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(Options options);

  // The server that all tests of this process share, started by the first call, which must come
  // from the main thread. Tests that stop a server start one of their own.
  static absl::StatusOr<PostgresServer*> Shared();

  // A standby of this server: a copy of all it has, which follows it asynchronously and can be
  // read.
  absl::StatusOr<std::unique_ptr<PostgresServer>> StartStandby();
  ~PostgresServer();

  // A new, empty database; its URL. It stays until the server goes.
  absl::StatusOr<std::string> CreateDatabase();
  // postgresql://tally@127.0.0.1:PORT/DATABASE
  std::string url(absl::string_view database) const;
  int port() const { return port_.port(); }
  pid_t pid() const { return process_->pid(); }
  bool Running() { return process_->Running(); }
  // Everything it wrote since it was started last.
  std::string Log() const { return process_->Stderr(); }

  // Cuts all sessions and ends without a checkpoint: the next start recovers. Nothing happens if it
  // does not run.
  absl::Status Stop();
  // SIGKILL to the postmaster; its backends follow within moments.
  void Kill();
  // Stops the server if it runs, and starts it with the same port and data.
  absl::Status Restart();

  // Of a standby: it hears nothing more of its primary. Returns when it is so.
  absl::Status StopFollowing();
  // Of a standby: it becomes a primary. Returns when it takes writes.
  absl::Status Promote();

 private:
  explicit PostgresServer(Options options);
  absl::Status MakeDataFolder();
  absl::Status InitDb();
  absl::Status CopyFrom(const PostgresServer& primary);
  absl::Status RunToEnd(std::vector<std::string> argv);
  absl::Status Run();
  absl::Status TryRun();
  void RemoveSharedMemory();
  absl::StatusOr<std::unique_ptr<Process>> Launch(std::vector<std::string> argv,
                                                  std::map<std::string, std::string> env = {});

  const Options options_;
  const std::string bin_;   // Ends with '/'.
  const std::string user_;  // Empty: the test's own.
  FreePort port_;
  TempDir dir_;
  std::atomic<int> databases_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace tally::testkit
