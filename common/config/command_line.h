#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/violations.h"

namespace tally::config {

// Settings are Abseil flags. Every flag NAME can be given in four ways; the first that is present
// counts:
//   1. --name=value on the command line, or in a file named by --flagfile=PATH (one flag per line,
//   # comments)
//   2. the environment variable TALLY_NAME
//   3. the environment variable TALLY_NAME_FILE: the path of a file whose content is the value, for
//   secrets, so that
//      neither `ps` nor the environment shows them; line ends at its end are dropped
//   4. the default
// Everything that is wrong is collected, so that one start shows all of it. An environment variable
// that is no setting of ours is ignored (Kubernetes makes such variables by itself) unless it looks
// like a slip of the pen for one that is.

// What a binary tells about itself.
struct Program {
  std::string name;     // "order_service"
  std::string summary;  // first lines of --help: what it does and how it is called
  // Defaults of shared flags that differ from binary to binary: flag name and value.
  std::vector<std::pair<std::string, std::string>> defaults = {};
};

// What the command line held besides flags.
struct CommandLine {
  std::vector<std::string> arguments;  // positional, in order
  std::optional<std::string> answer;   // text of --help or --version: print it and exit with 0
};

// Sets the flags of this binary from the command line and the environment, and adds a problem for
// each that is wrong. Call once, first in main.
CommandLine Parse(int argc, const char* const* argv, const Program& program,
                  base::Violations& problems);

// Exit code of a process whose settings are wrong.
inline constexpr int kWrongSettings = 2;

// The text for stderr: one line for each problem.
std::string Describe(const Program& program, const base::Violations& problems);

}  // namespace tally::config
