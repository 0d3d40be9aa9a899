#include "common/config/command_line.h"

#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/config/environment.h"
#include "common/config/flag_reader.h"
#include "common/config/setting.h"

namespace tally::config {
namespace {

void SetDefaults(const Program& program) {
  for (const auto& [name, text] : program.defaults) {
    absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    std::string error;
    TALLY_CHECK(flag != nullptr && flag->ParseFrom(text, &error));
  }
}

std::string Help(const Program& program) {
  std::string text =
      absl::StrCat(program.summary, "\n\nFlags, each with its environment variable:\n");
  for (const std::string& name : FlagNames()) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    absl::StrAppend(&text, "\n  --", name, "  (", VariableOf(name), ")\n      ", flag.Help(), "\n");
    const std::string value = flag.CurrentValue();
    if (!value.empty()) absl::StrAppend(&text, "      Default: ", value, "\n");
  }
  absl::StrAppend(
      &text,
      "\n  --flagfile\n      A file with flags: one --name=value on a line, # comments.\n"
      "\n  --help, --version\n\n"
      "The command line goes before the environment. A secret can be kept in a file: the same "
      "variable with\n"
      "_FILE at its end names it.\n");
  return text;
}

}  // namespace

CommandLine Parse(int argc, const char* const* argv, const Program& program,
                  base::Violations& problems) {
  SetDefaults(program);
  const std::string help = Help(program);
  FlagReader reader(problems);
  reader.Read(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  ReadEnvironment([&](const std::string& flag) { return reader.IsGiven(flag); }, problems);

  CommandLine command_line;
  command_line.arguments = reader.arguments();
  if (reader.help()) {
    command_line.answer = help;
  } else if (reader.version()) {
    command_line.answer = absl::StrCat(program.name, " ", TALLY_VERSION, "\n");
  }
  return command_line;
}

std::string Describe(const Program& program, const base::Violations& problems) {
  std::string text = absl::StrCat(
      program.name, ": ", problems.list().size(),
      problems.list().size() == 1 ? " setting is wrong" : " settings are wrong", " (see --help)\n");
  for (const base::Violation& problem : problems.list()) {
    absl::StrAppend(&text, "  ", problem.field, ": ", problem.description, "\n");
  }
  return text;
}

}  // namespace tally::config
