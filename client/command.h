#pragma once

#include <string>
#include <vector>

#include "client/exit_code.h"
#include "client/settings.h"
#include "common/base/violations.h"

namespace tally::client {

// One call of `tally COMMAND ARGUMENTS`.
struct Invocation {
  Settings settings;
  std::vector<std::string> arguments;  // what follows the command's name, without flags
  base::Violations& problems;          // what is wrong with arguments and flags
};

// What `tally` can do. A command checks its flags first: with problems it returns kWrongUsage and
// has done nothing; main prints them. Results go to stdout, progress and errors to stderr.
struct Command {
  std::string name;
  std::string arguments;           // as in the usage line: "ORDER_ID"
  std::string summary;             // one line
  std::string details;             // the rest of `tally help NAME`; may be empty
  std::vector<std::string> flags;  // the ones it takes besides the global ones
  ExitCode (*run)(Invocation&);
};

}  // namespace tally::client
