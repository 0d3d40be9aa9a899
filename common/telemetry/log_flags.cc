#include "common/telemetry/log_flags.h"

#include <unistd.h>

#include "absl/flags/flag.h"
#include "common/telemetry/log_line.h"

namespace tally::telemetry {
namespace {

struct FormatChoice {
  enum { kAuto, kText, kJson } value = kAuto;
};

bool AbslParseFlag(absl::string_view text, FormatChoice* choice, std::string* error) {
  if (text == "auto") {
    choice->value = FormatChoice::kAuto;
  } else if (text == "text") {
    choice->value = FormatChoice::kText;
  } else if (text == "json") {
    choice->value = FormatChoice::kJson;
  } else {
    *error = "must be auto, text or json";
    return false;
  }
  return true;
}

std::string AbslUnparseFlag(FormatChoice choice) {
  return choice.value == FormatChoice::kAuto   ? "auto"
         : choice.value == FormatChoice::kText ? "text"
                                               : "json";
}

}  // namespace

bool AbslParseFlag(absl::string_view text, LogLevel* value, std::string* error) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text != LevelName(level)) continue;
    *value = level;
    return true;
  }
  *error = "must be debug, info, warning or error";
  return false;
}

std::string AbslUnparseFlag(LogLevel value) { return std::string(LevelName(value)); }

}  // namespace tally::telemetry

ABSL_FLAG(tally::telemetry::FormatChoice, log_format, {},
          "Form of the log on stderr: text, json, or auto: text on a terminal, else json.");
ABSL_FLAG(tally::telemetry::LogLevel, log_level, tally::telemetry::LogLevel::kInfo,
          "Least level that is logged: debug, info, warning or error.");

namespace tally::telemetry {

LogFormat LogFormatFlag() {
  switch (absl::GetFlag(FLAGS_log_format).value) {
    case FormatChoice::kText:
      return LogFormat::kText;
    case FormatChoice::kJson:
      return LogFormat::kJson;
    case FormatChoice::kAuto:
      break;
  }
  return isatty(STDERR_FILENO) == 1 ? LogFormat::kText : LogFormat::kJson;
}

LogLevel LogLevelFlag() { return absl::GetFlag(FLAGS_log_level); }

}  // namespace tally::telemetry
