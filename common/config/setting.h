#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/strings/string_view.h"
#include "common/base/violations.h"

namespace tally::config {

// The names of all flags of this binary, sorted.
std::vector<std::string> FlagNames();

// Sets the flag, or adds a problem under the name `given_as`. No message quotes the value: it may
// be a secret.
bool SetFlagFromText(absl::CommandLineFlag& flag, absl::string_view text,
                     absl::string_view given_as, base::Violations& problems);

// The content of a file, or nullopt if it cannot be read or is larger than 64 KiB.
std::optional<std::string> ReadSettingFile(const std::string& path);

}  // namespace tally::config
