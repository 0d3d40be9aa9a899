#include "common/telemetry/log_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tally::telemetry {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool IsPlain(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x80 || (absl::ascii_isgraph(c) && c != '"' && c != '\\' && c != '=');
  });
}

std::string TextValue(const LogField& field) {
  const std::string* text = std::get_if<std::string>(&field.value);
  if (text == nullptr) return std::visit([](const auto& v) { return Dump(Json(v)); }, field.value);
  return IsPlain(*text) ? *text : Dump(Json(*text));
}

}  // namespace

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

std::string TextLine(absl::Time time, absl::TimeZone zone, LogLevel level,
                     absl::string_view message, LogFields fields) {
  const absl::string_view name = level == LogLevel::kWarning ? "warn" : LevelName(level);
  std::string line =
      absl::StrFormat("%s %-5s %s", absl::FormatTime("%H:%M:%E3S", time, zone),
                      absl::AsciiStrToUpper(name), absl::Utf8SafeCHexEscape(message));
  for (const LogField& field : fields)
    absl::StrAppend(&line, " ", field.key, "=", TextValue(field));
  return line;
}

std::string JsonLine(absl::Time time, LogLevel level, absl::string_view service,
                     absl::string_view message, LogFields fields) {
  Json line;
  line["time"] = absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", time, absl::UTCTimeZone());
  line["level"] = std::string(LevelName(level));
  line["service"] = std::string(service);
  line["message"] = std::string(message);
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  return Dump(line);
}

}  // namespace tally::telemetry
