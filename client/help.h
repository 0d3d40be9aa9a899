#pragma once

#include <string>
#include <vector>

#include "client/command.h"

namespace tally::client {

// The command of that name; null if there is none.
const Command* FindCommand(const std::vector<Command>& commands, const std::string& name);

// `tally help`: all commands, the flags of all, the exit codes.
std::string HelpOf(const std::vector<Command>& commands);

// `tally help COMMAND`.
std::string HelpOf(const Command& command);

}  // namespace tally::client
