// The words of a command line, one on each line; each line is also taken as the value of every
// flag.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/bus/nats_url.h"
#include "common/bus/stream_settings.h"
#include "common/config/command_line.h"
#include "common/config/flag_reader.h"
#include "common/config/service_settings.h"
#include "common/config/setting.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

constexpr int kLinesMax = 16;  // each becomes a value of every flag, twice

// What was read, and found right, is within its limits.
void CheckSettings() {
  base::Violations problems;
  const config::ServiceSettings settings = config::ReadServiceSettings(problems);
  bus::StreamConfig stream;
  bus::ReadStreamSettings(stream, problems);
  if (!problems.empty()) return;
  TALLY_CHECK(settings.listen.port >= 0 && settings.listen.port <= 65535);
  TALLY_CHECK(!settings.listen.host.empty());
  TALLY_CHECK(settings.database_sessions >= 1 && settings.database_sessions <= 1000);
  TALLY_CHECK(!settings.instance.empty() && settings.instance.size() <= 128);
  TALLY_CHECK(settings.drain_timeout >= absl::ZeroDuration() &&
              settings.drain_timeout <= absl::Minutes(10));
  for (const std::string& url : settings.nats.urls) TALLY_CHECK(bus::ParseNatsUrl(url).ok());
  TALLY_CHECK(stream.replicas >= 1 && stream.replicas <= 5);
  TALLY_CHECK(stream.max_age >= absl::Hours(1) && stream.max_age <= absl::Hours(8760));
}

void CheckCommandLine(const std::vector<std::string>& words) {
  base::Violations problems;
  config::FlagReader reader(problems);
  reader.Read(words);
  TALLY_CHECK(reader.arguments().size() <= words.size());
  if (!problems.empty()) TALLY_CHECK(!config::Describe({"fuzz", ""}, problems).empty());
  CheckSettings();
}

// A flag shows its value so that it reads back as the same.
void CheckFlag(absl::CommandLineFlag& flag, const std::string& text) {
  base::Violations problems;
  const bool set = config::SetFlagFromText(flag, text, "--flag", problems);
  TALLY_CHECK(set == problems.empty());
  if (!set) return;
  const std::string shown = flag.CurrentValue();
  TALLY_CHECK(config::SetFlagFromText(flag, shown, "--flag", problems));
  TALLY_CHECK(flag.CurrentValue() == shown);
}

// A wrong value may be a secret, so no message repeats it.
void CheckSecret(absl::CommandLineFlag& flag, const std::string& text) {
  constexpr char kSecret[] = "\x01hunter2";
  base::Violations problems;
  config::SetFlagFromText(flag, absl::StrCat(text, kSecret), "--flag", problems);
  for (const base::Violation& problem : problems.list()) {
    TALLY_CHECK(!absl::StrContains(problem.description, kSecret));
  }
}

}  // namespace

void Settings(absl::string_view input) {
  if (std::count(input.begin(), input.end(), '\n') > kLinesMax) return;
  const absl::FlagSaver saved;
  std::vector<std::string> words;
  for (const absl::string_view line : absl::StrSplit(input, '\n')) {
    if (!absl::StrContains(line, "flagfile")) words.emplace_back(line);  // It may name any file.
  }
  CheckCommandLine(words);
  for (const std::string& name : config::FlagNames()) {
    absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    for (const std::string& word : words) {
      CheckSecret(flag, word);
      CheckFlag(flag, word);
    }
  }
  CheckSettings();
}

}  // namespace tally::fuzz
