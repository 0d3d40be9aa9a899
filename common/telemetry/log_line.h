#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/telemetry/log.h"

namespace tally::telemetry {

// The text of log lines, without the line end. What a line quotes (keys excepted) cannot end the
// line or forge another: control characters are escaped, and invalid UTF-8 is made valid.

// 12:34:56.789 INFO  message key=value key="with spaces"
std::string TextLine(absl::Time time, absl::TimeZone zone, LogLevel level,
                     absl::string_view message, LogFields fields);

// {"time":"2026-01-02T12:34:56.789012Z","level":"info","service":"…","message":"…","key":value}
std::string JsonLine(absl::Time time, LogLevel level, absl::string_view service,
                     absl::string_view message, LogFields fields);

// "debug", "info", "warning", "error".
absl::string_view LevelName(LogLevel level);

}  // namespace tally::telemetry
