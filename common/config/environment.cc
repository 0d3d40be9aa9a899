#include "common/config/environment.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/config/setting.h"
#include "common/config/spelling.h"

namespace tally::config {
namespace {

constexpr absl::string_view kPrefix = "TALLY_";
constexpr absl::string_view kFileSuffix = "_FILE";

void ReadVariablesOf(absl::CommandLineFlag& flag, base::Violations& problems) {
  const std::string variable = VariableOf(flag.Name());
  if (const char* text = std::getenv(variable.c_str()); text != nullptr) {
    SetFlagFromText(flag, text, variable, problems);
    return;
  }
  const std::string file_variable = absl::StrCat(variable, kFileSuffix);
  const char* path = std::getenv(file_variable.c_str());
  if (path == nullptr) return;
  const std::optional<std::string> content = ReadSettingFile(path);
  if (!content.has_value()) {
    problems.Add(file_variable, absl::StrCat("cannot read ", path, " (at most 64 KiB)"));
    return;
  }
  const absl::string_view text(content->data(), content->find_last_not_of("\r\n") + 1);
  SetFlagFromText(flag, text, file_variable, problems);
}

// Without the prefix and the suffix, so that neither counts when spelling is compared.
std::string FlagOf(absl::string_view variable) {
  absl::ConsumePrefix(&variable, kPrefix);
  absl::ConsumeSuffix(&variable, kFileSuffix);
  return absl::AsciiStrToLower(variable);
}

void FindMisspelt(const std::vector<std::string>& flags, base::Violations& problems) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view definition(*entry);
    const absl::string_view variable = definition.substr(0, definition.find('='));
    if (!absl::StartsWith(variable, kPrefix)) continue;
    const std::string nearest = NearestWord(FlagOf(variable), flags);
    if (nearest.empty() || nearest == FlagOf(variable)) continue;
    problems.Add(std::string(variable),
                 absl::StrCat("no such setting; did you mean ", VariableOf(nearest), "?"));
  }
}

}  // namespace

std::string VariableOf(absl::string_view flag) {
  return absl::StrCat(kPrefix, absl::AsciiStrToUpper(flag));
}

void ReadEnvironment(const std::function<bool(const std::string&)>& is_given,
                     base::Violations& problems) {
  const std::vector<std::string> flags = FlagNames();
  for (const std::string& name : flags) {
    if (!is_given(name)) ReadVariablesOf(*absl::FindCommandLineFlag(name), problems);
  }
  FindMisspelt(flags, problems);
}

}  // namespace tally::config
