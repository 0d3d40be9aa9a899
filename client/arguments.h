#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/command.h"

namespace tally::client {

// A flag that was given several times becomes one, its values separated by line ends: of two flags
// of one name the last alone would count. `words` is the command line without the program's name.
std::vector<std::string> MergeRepeated(const std::vector<std::string>& words,
                                       absl::string_view flag);

// A flag that stands alone, as --wait, gets a value, as --wait=10s: it never takes the next word
// for one.
std::vector<std::string> CompleteLone(const std::vector<std::string>& words, absl::string_view flag,
                                      absl::string_view value);

// Whether --help stands among the words.
bool AsksForHelp(const std::vector<std::string>& words);

// Adds a problem for each flag of `tally` among the words that `command` does not take.
void CheckFlagsOf(const Command& command, const std::vector<std::string>& words,
                  base::Violations& problems);

// Flags that every command takes.
const std::vector<std::string>& GlobalFlags();

}  // namespace tally::client
