#include "common/config/flag_reader.h"

#include <optional>
#include <utility>

#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/config/setting.h"
#include "common/config/spelling.h"

namespace tally::config {
namespace {

constexpr int kFlagfileDepthMax = 8;

std::string NoSuchFlag(absl::string_view name) {
  const std::string nearest = NearestWord(name, FlagNames());
  return nearest.empty() ? "no such flag; see --help"
                         : absl::StrCat("no such flag; did you mean --", nearest, "?");
}

}  // namespace

void FlagReader::Read(const std::vector<std::string>& words) {
  bool flags_are_over = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (flags_are_over || word == "-" || !absl::StartsWith(word, "-")) {
      arguments_.push_back(word);
    } else if (word == "--") {
      flags_are_over = true;
    } else if (ReadFlag(word, i + 1 < words.size() ? &words[i + 1] : nullptr)) {
      ++i;
    }
  }
}

bool FlagReader::ReadFlag(absl::string_view word, const std::string* next) {
  const absl::string_view body = absl::StripPrefix(absl::StripPrefix(word, "-"), "-");
  const size_t equals = body.find('=');
  const std::string name(body.substr(0, equals));
  if (equals == body.npos && ReadWordAlone(name)) return false;

  absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
  const bool is_flagfile = name == "flagfile";
  if (flag == nullptr && !is_flagfile) {
    problems_.Add("--" + name, NoSuchFlag(name));
    return false;
  }
  if (equals == body.npos && next == nullptr) {
    problems_.Add("--" + name, "needs a value");
    return false;
  }
  const absl::string_view text =
      equals == body.npos ? absl::string_view(*next) : body.substr(equals + 1);
  if (is_flagfile) {
    ReadFlagFile(std::string(text));
  } else {
    Set(*flag, text);
  }
  return equals == body.npos;
}

bool FlagReader::ReadWordAlone(absl::string_view name) {
  if (name == "help") return help_ = true;
  if (name == "version") return version_ = true;
  absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
  const bool negative = flag == nullptr && absl::ConsumePrefix(&name, "no");
  if (negative) flag = absl::FindCommandLineFlag(name);
  if (flag == nullptr || !flag->IsOfType<bool>()) return false;
  Set(*flag, negative ? "false" : "true");
  return true;
}

void FlagReader::ReadFlagFile(const std::string& path) {
  const std::optional<std::string> content = ReadSettingFile(path);
  if (!content.has_value() || flagfile_depth_ == kFlagfileDepthMax) {
    problems_.Add("--flagfile",
                  absl::StrCat("cannot read ", path, " (at most 64 KiB, 8 files deep)"));
    return;
  }
  ++flagfile_depth_;
  for (absl::string_view line : absl::StrSplit(*content, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || absl::StartsWith(line, "#")) continue;
    if (absl::StartsWith(line, "-") && line != "-" && line != "--") {
      ReadFlag(line, nullptr);
    } else {
      problems_.Add(
          "--flagfile",
          absl::StrCat(path, " may hold lines --name=value, # comments and empty lines only"));
    }
  }
  --flagfile_depth_;
}

void FlagReader::Set(absl::CommandLineFlag& flag, absl::string_view text) {
  given_.insert(std::string(flag.Name()));
  SetFlagFromText(flag, text, absl::StrCat("--", flag.Name()), problems_);
}

}  // namespace tally::config
