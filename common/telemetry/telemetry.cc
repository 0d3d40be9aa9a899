#include "common/telemetry/telemetry.h"

#include <string>

namespace tally::telemetry {
namespace {

Log::OnTrouble CountTrouble(Metrics& metrics) {
  const auto counter = [&](const std::string& level) {
    return &metrics.AddCounter("tally_log_messages_total", "Warnings and errors logged.",
                               {{"level", level}});
  };
  return [warnings = counter("warning"), errors = counter("error")](LogLevel level) {
    (level == LogLevel::kError ? errors : warnings)->Increment();
  };
}

}  // namespace

Telemetry::Telemetry(LogFormat format, LogLevel minimum, absl::string_view service)
    : log(format, minimum, service, CountTrouble(metrics)) {
  metrics
      .AddGauge("tally_build_info", "Always 1; the labels say what runs.",
                {{"service", std::string(service)}, {"version", TALLY_VERSION}})
      .Set(1);
}

}  // namespace tally::telemetry
