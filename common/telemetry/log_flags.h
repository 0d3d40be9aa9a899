#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/telemetry/log.h"

namespace tally::telemetry {

// --log_format=auto|text|json (auto: text when stderr is a terminal, else JSON) and
// --log_level=debug|info|warning|error, read after config::Parse.
LogFormat LogFormatFlag();
LogLevel LogLevelFlag();

bool AbslParseFlag(absl::string_view text, LogLevel* value, std::string* error);
std::string AbslUnparseFlag(LogLevel value);

}  // namespace tally::telemetry
