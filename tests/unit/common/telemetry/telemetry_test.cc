#include "common/telemetry/telemetry.h"

#include <algorithm>

#include "common/telemetry/process_metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Telemetry, CountsWarningsAndErrorsThatAreLogged) {
  Telemetry telemetry(LogFormat::kJson, LogLevel::kInfo, "test_service");
  testing::internal::CaptureStderr();
  telemetry.log.Debug("not written");
  telemetry.log.Info("one");
  telemetry.log.Warning("two");
  telemetry.log.Warning("three");
  telemetry.log.Error("four");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 4);
  const std::string metrics = telemetry.metrics.Serialize();
  EXPECT_THAT(metrics, HasSubstr("tally_log_messages_total{level=\"warning\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("tally_log_messages_total{level=\"error\"} 1\n"));
}

TEST(Telemetry, TellsWhatRuns) {
  const Telemetry telemetry(LogFormat::kText, LogLevel::kInfo, "test_service");
  EXPECT_THAT(
      telemetry.metrics.Serialize(),
      HasSubstr("tally_build_info{service=\"test_service\",version=\"" TALLY_VERSION "\"} 1\n"));
}

TEST(Metrics, SameNameAndLabelsAreTheSameObject) {
  Metrics metrics;
  EXPECT_EQ(&metrics.AddCounter("tally_a_total", "A.", {{"k", "v"}}),
            &metrics.AddCounter("tally_a_total", "A.", {{"k", "v"}}));
  EXPECT_NE(&metrics.AddCounter("tally_a_total", "A.", {{"k", "v"}}),
            &metrics.AddCounter("tally_a_total", "A.", {{"k", "w"}}));
}

TEST(ProcessMetrics, MeasuresThisProcess) {
  Metrics metrics;
  ProcessMetrics process(metrics);
  process.Update();
  const std::string text = metrics.Serialize();
  for (const char* name : {"process_resident_memory_bytes", "process_cpu_seconds_total",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
    EXPECT_THAT(text, Not(HasSubstr(std::string("\n") + name + " 0\n")));
  }
}

}  // namespace
}  // namespace tally::telemetry
