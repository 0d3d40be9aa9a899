#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/e2e/system.h"
#include "tests/testkit/process.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::e2e {

// What a program that has ended left behind.
struct Ended {
  int exit_code;
  std::string out;
  std::string err;
};

// Runs a program to its end.
absl::StatusOr<Ended> RunToEnd(std::vector<std::string> argv,
                               absl::Duration timeout = absl::Seconds(60));

// Runs `tally ARGUMENTS` against the first instances of a system, to its end.
absl::StatusOr<Ended> RunTally(const System& system, std::vector<std::string> arguments,
                               absl::Duration timeout = absl::Seconds(60));

// `tally import --json` under way against one order_service. Between them lies a slow network, so
// that a test can do something before the import has ended: 6 orders a second at most.
class SlowImport {
 public:
  static absl::StatusOr<std::unique_ptr<SlowImport>> Start(const System& system,
                                                           const std::string& csv,
                                                           size_t instance = 0);

  bool Running() { return process_->Running(); }
  // The network is fast from now on.
  void Hurry() { gate_.Forward(); }
  // Blocks until the import has ended.
  absl::StatusOr<Ended> Wait(absl::Duration timeout);

 private:
  explicit SlowImport(int port) : gate_(port) {}

  testkit::TcpGate gate_;
  std::unique_ptr<testkit::Process> process_;
};

}  // namespace tally::e2e
