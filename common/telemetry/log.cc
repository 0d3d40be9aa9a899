#include "common/telemetry/log.h"

#include <memory>

#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "absl/time/clock.h"
#include "common/telemetry/log_line.h"

namespace tally::telemetry {
namespace {

constexpr size_t kLevelColumn = sizeof("12:34:56.789 ") - 1;
constexpr size_t kLevelWidth = 5;

// Writes a finished line; on a terminal the sink colours the level, which stands in a fixed column
// of text lines.
class FinishedLine final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    message.color_range_start = kLevelColumn;
    message.color_range_end = kLevelColumn + kLevelWidth;
    out.append(message.payload.begin(), message.payload.end());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<FinishedLine>();
  }
};

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

struct Log::Sink {
  explicit Sink(LogFormat format)
      : stderr_sink(format == LogFormat::kText ? spdlog::color_mode::automatic
                                               : spdlog::color_mode::never) {
    stderr_sink.set_formatter(std::make_unique<FinishedLine>());
  }
  spdlog::sinks::stderr_color_sink_mt stderr_sink;
};

Log::Log(LogFormat format, LogLevel minimum, absl::string_view service, OnTrouble on_trouble)
    : format_(format),
      minimum_(minimum),
      service_(service),
      on_trouble_(std::move(on_trouble)),
      sink_(std::make_unique<Sink>(format)) {}

Log::~Log() = default;

void Log::Debug(absl::string_view message, LogFields fields) {
  Write(LogLevel::kDebug, message, fields);
}
void Log::Info(absl::string_view message, LogFields fields) {
  Write(LogLevel::kInfo, message, fields);
}
void Log::Warning(absl::string_view message, LogFields fields) {
  Write(LogLevel::kWarning, message, fields);
}
void Log::Error(absl::string_view message, LogFields fields) {
  Write(LogLevel::kError, message, fields);
}

void Log::Write(LogLevel level, absl::string_view message, LogFields fields) {
  if (!Enabled(level)) return;
  const absl::Time now = absl::Now();
  const std::string line = format_ == LogFormat::kText
                               ? TextLine(now, absl::LocalTimeZone(), level, message, fields)
                               : JsonLine(now, level, service_, message, fields);
  sink_->stderr_sink.log(spdlog::details::log_msg("", SpdlogLevel(level), line));
  if (level >= LogLevel::kWarning && on_trouble_ != nullptr) on_trouble_(level);
}

}  // namespace tally::telemetry
