#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/process.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {

// A real nats-server with JetStream on file storage. Its port and its store stay the same over
// Stop, Kill and Restart; while it does not run, connections to its port are refused. Not
// thread-safe.
class NatsServer {
 public:
  // Returns when clients can connect and JetStream, its streams recovered, is on. `extra_config` is
  // put at the end of the server's configuration, e.g. "max_payload: 65536".
  static absl::StatusOr<std::unique_ptr<NatsServer>> Start(std::string extra_config = "");

  std::string url() const;
  int port() const { return port_.port(); }
  pid_t pid() const { return process_->pid(); }
  bool Running() { return process_->Running(); }

  // An orderly end (SIGTERM), by force after a while. Nothing happens if it does not run.
  absl::Status Stop();
  // SIGKILL.
  void Kill();
  // Stops the server if it runs, and starts it with the same port and store.
  absl::Status Restart();
  // The same with another `extra_config`, from now on.
  absl::Status Restart(std::string extra_config);
  // Forgets all streams, consumers and messages, as a broker that lost its disk.
  // FAILED_PRECONDITION while it runs.
  absl::Status WipeStore();
  // Keeps a copy of the store, and puts it back, as a broker that was restored from a backup. Both
  // FAILED_PRECONDITION while it runs.
  absl::Status CopyStore();
  absl::Status RollBackStore();
  // Where it keeps a stream's messages, in blocks 1.blk, 2.blk, … with what belongs to them: for
  // tests that take a part away while it does not run.
  std::filesystem::path MessagesOf(const std::string& stream) const;
  // Asks JetStream's API for what no product code may, for example "STREAM.DELETE.ORDERS"; returns
  // when it has answered, whatever the answer, which Ask gives.
  absl::Status Administer(const std::string& request, const std::string& body = "") const {
    return Ask(request, body).status();
  }
  absl::StatusOr<std::string> Ask(const std::string& request, const std::string& body = "") const;
  // SIGSTOP and SIGCONT: connections stay open, nothing answers.
  absl::Status Freeze() { return process_->Signal(SIGSTOP); }
  absl::Status Thaw() { return process_->Signal(SIGCONT); }

 private:
  explicit NatsServer(std::string extra_config);
  absl::Status Run();

  std::string extra_config_;
  FreePort port_;
  TempDir dir_;
  std::unique_ptr<Process> process_;
};

}  // namespace tally::testkit
