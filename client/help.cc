#include "client/help.h"

#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/arguments.h"
#include "client/terminal/table.h"
#include "common/config/environment.h"

namespace tally::client {
namespace {

constexpr size_t kTextColumns = 76;

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the service refused: wrong content, not found, conflict\n"
    "  2  wrong usage, or a file that cannot be read or written\n"
    "  3  no answer within --deadline; what was asked may or may not have happened\n"
    "  4  an import or load ended, and some orders were not placed; provision: not all is as "
    "wanted\n"
    "  5  place --wait: placed, but not counted in time\n"
    "  6  place --wait: placed, but its event is dead, parked or discarded: waiting is no use\n"
    "  7  place --wait: placed, but activity_service could not be asked\n"
    "  8  a status was shown, and it names alarms\n"
    "  9  audit: what was written and what was counted do not match\n";

// Each line begins with six spaces.
std::string Wrapped(absl::string_view text) {
  std::string wrapped;
  std::string line;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (line.size() + word.size() > kTextColumns) {
      absl::StrAppend(&wrapped, "     ", line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, " ", word);
  }
  return absl::StrCat(wrapped, "     ", line, "\n");
}

std::string DescribeFlags(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    if (flag == nullptr) continue;
    const std::string standard = flag->DefaultValue();
    absl::StrAppend(
        &text, "  --", name, "  (", config::VariableOf(name), ")\n",
        Wrapped(absl::StrCat(flag->Help(), standard.empty() ? "" : " Default: ", standard)));
  }
  return text;
}

}  // namespace

const Command* FindCommand(const std::vector<Command>& commands,
                           const std::vector<std::string>& words) {
  const std::string line = absl::StrCat(absl::StrJoin(words, " "), " ");
  const Command* found = nullptr;
  for (const Command& command : commands) {
    if (!absl::StartsWith(line, command.name + " ")) continue;
    if (found == nullptr || found->name.size() < command.name.size()) found = &command;
  }
  return found;
}

std::string HelpOf(const std::vector<Command>& commands) {
  Table table({Table::Align::kLeft, Table::Align::kLeft});
  for (const Command& command : commands) {
    if (absl::StrContains(command.name, ' ')) continue;
    table.AddRow({absl::StrCat("  ", command.name), command.summary});
  }
  table.AddRow({"  help", "show the flags of a command: tally help COMMAND"});
  return absl::StrCat(
      "tally: places orders and shows what happened. Usage: tally COMMAND [FLAGS]\n\n",
      table.ToString(), "\nFlags of every command, each with its environment variable:\n",
      DescribeFlags(GlobalFlags()), "\n", kExitCodes);
}

std::string HelpOf(const Command& command) {
  return absl::StrCat(
      "tally ", command.name, command.arguments.empty() ? "" : " ", command.arguments, ": ",
      command.summary, "\n", command.details.empty() ? "" : "\n", command.details,
      command.details.empty() ? "" : "\n", command.flags.empty() ? "" : "\nFlags:\n",
      DescribeFlags(command.flags), "\nFlags of every command:\n", DescribeFlags(GlobalFlags()),
      "\n", kExitCodes);
}

}  // namespace tally::client
