#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// One key and value of a log line. Values that are personal data (customers, payloads) or secrets
// are never logged.
struct LogField {
  absl::string_view key;
  std::variant<int64_t, double, bool, std::string> value;

  template <typename T>
  LogField(absl::string_view k, const T& v) : key(k), value(Convert(v)) {}

 private:
  static int64_t Convert(int v) { return v; }
  static int64_t Convert(int64_t v) { return v; }
  static int64_t Convert(size_t v) { return static_cast<int64_t>(v); }
  static double Convert(double v) { return v; }
  static bool Convert(bool v) { return v; }
  static std::string Convert(absl::string_view v) { return std::string(v); }
  static std::string Convert(const std::string& v) { return v; }
  static std::string Convert(const char* v) { return v; }
  static std::string Convert(const absl::Status& v) {
    return v.ToString(absl::StatusToStringMode::kWithNoExtraData);
  }
};

using LogFields = std::initializer_list<LogField>;

// Structured log on stderr: one line per event, for a terminal or as JSON. Thread-safe; never
// blocks on anything but stderr itself; never fails.
class Log {
 public:
  // Told of every warning and error that is written. Thread-safe, does not block.
  using OnTrouble = std::function<void(LogLevel)>;

  Log(LogFormat format, LogLevel minimum, absl::string_view service,
      OnTrouble on_trouble = nullptr);
  ~Log();

  // Whether a line of this level is written: asked before making costly fields.
  bool Enabled(LogLevel level) const { return level >= minimum_; }

  void Debug(absl::string_view message, LogFields fields = {});
  void Info(absl::string_view message, LogFields fields = {});
  void Warning(absl::string_view message, LogFields fields = {});
  void Error(absl::string_view message, LogFields fields = {});

 private:
  void Write(LogLevel level, absl::string_view message, LogFields fields);

  struct Sink;
  const LogFormat format_;
  const LogLevel minimum_;
  const std::string service_;
  const OnTrouble on_trouble_;
  const std::unique_ptr<Sink> sink_;
};

}  // namespace tally::telemetry
