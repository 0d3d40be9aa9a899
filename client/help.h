#pragma once

#include <string>
#include <vector>

#include "client/command.h"

namespace tally::client {

// The command whose name the words begin with, the longest one; null if there is none.
const Command* FindCommand(const std::vector<Command>& commands,
                           const std::vector<std::string>& words);

// `tally help`: all commands but those of several words, the flags of all, the exit codes.
std::string HelpOf(const std::vector<Command>& commands);

// `tally help COMMAND`.
std::string HelpOf(const Command& command);

}  // namespace tally::client
