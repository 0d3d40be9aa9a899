#include "common/config/setting.h"

#include <algorithm>
#include <fstream>

#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tally::config {
namespace {

constexpr size_t kFileBytesMax = 64 << 10;

}  // namespace

std::vector<std::string> FlagNames() {
  std::vector<std::string> names;
  for (const auto& [name, flag] : absl::GetAllFlags()) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

bool SetFlagFromText(absl::CommandLineFlag& flag, absl::string_view text,
                     absl::string_view given_as, base::Violations& problems) {
  std::string error;
  if (flag.ParseFrom(text, &error)) return true;
  absl::string_view reason = error;
  absl::ConsumePrefix(
      &reason, absl::StrCat("Illegal value '", text, "' specified for flag '", flag.Name(), "'"));
  absl::ConsumePrefix(&reason, "; ");
  problems.Add(std::string(given_as),
               std::string(reason.empty() ? "is not a valid value" : reason));
  return false;
}

std::optional<std::string> ReadSettingFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kFileBytesMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  const size_t size = static_cast<size_t>(file.gcount());
  const bool whole = file.eof() && !file.bad() && size <= kFileBytesMax;
  if (!whole) return std::nullopt;
  content.resize(size);
  return content;
}

}  // namespace tally::config
