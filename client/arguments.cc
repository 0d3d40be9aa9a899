#include "client/arguments.h"

#include <algorithm>

#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace tally::client {
namespace {

// "--line=x" → "line"; empty for what is no flag.
std::string FlagName(absl::string_view word) {
  if (!absl::ConsumePrefix(&word, "-")) return "";
  absl::ConsumePrefix(&word, "-");
  return std::string(word.substr(0, word.find('=')));
}

// The words before "--", which ends the flags.
std::vector<std::string>::const_iterator EndOfFlags(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "--");
}

}  // namespace

std::vector<std::string> MergeRepeated(const std::vector<std::string>& words,
                                       absl::string_view flag) {
  std::vector<std::string> merged;
  std::vector<std::string> values;
  const auto end = EndOfFlags(words);
  for (auto word = words.begin(); word != end; ++word) {
    const size_t equals = word->find('=');
    if (FlagName(*word) != flag) {
      merged.push_back(*word);
    } else if (equals != word->npos) {
      values.push_back(word->substr(equals + 1));
    } else if (word + 1 != end) {
      values.push_back(*++word);
    } else {
      merged.push_back(*word);
    }
  }
  if (!values.empty()) {
    merged.insert(merged.begin(), absl::StrCat("--", flag, "=", absl::StrJoin(values, "\n")));
  }
  merged.insert(merged.end(), end, words.end());
  return merged;
}

std::vector<std::string> CompleteLone(const std::vector<std::string>& words, absl::string_view flag,
                                      absl::string_view value) {
  std::vector<std::string> completed = words;
  const auto end = completed.begin() + (EndOfFlags(words) - words.begin());
  for (auto word = completed.begin(); word != end; ++word) {
    if (FlagName(*word) == flag && word->find('=') == word->npos)
      absl::StrAppend(&*word, "=", value);
  }
  return completed;
}

bool AsksForHelp(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), EndOfFlags(words),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

void CheckFlagsOf(const Command& command, const std::vector<std::string>& words,
                  base::Violations& problems) {
  const auto holds = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (auto word = words.begin(); word != EndOfFlags(words); ++word) {
    std::string name = FlagName(*word);
    if (absl::FindCommandLineFlag(name) == nullptr) {
      name = std::string(absl::StripPrefix(name, "no"));
    }
    if (absl::FindCommandLineFlag(name) == nullptr) continue;
    if (!holds(GlobalFlags(), name) && !holds(command.flags, name)) {
      problems.Add("--" + name, absl::StrCat("is not a flag of `", command.name, "`"));
    }
  }
}

const std::vector<std::string>& GlobalFlags() {
  static const auto& flags = *new std::vector<std::string>{
      "orders",          "activity",   "tls_ca", "tls_cert", "tls_key",
      "tls_server_name", "token_file", "json",   "deadline"};
  return flags;
}

}  // namespace tally::client
