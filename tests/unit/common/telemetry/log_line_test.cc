#include "common/telemetry/log_line.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

namespace tally::telemetry {
namespace {

const absl::Time kTime =
    absl::FromUnixMicros(1'767'357'296'789'012);  // 2026-01-02T12:34:56.789012Z

TEST(TextLine, IsPleasantOnATerminal) {
  EXPECT_EQ(
      TextLine(
          kTime, absl::UTCTimeZone(), LogLevel::kInfo, "lane opened",
          {{"lane", "019a"}, {"sequence", 12}, {"lag", 0.5}, {"open", true}, {"why", "two words"}}),
      R"(12:34:56.789 INFO  lane opened lane=019a sequence=12 lag=0.5 open=true why="two words")");
  EXPECT_EQ(TextLine(kTime, absl::UTCTimeZone(), LogLevel::kWarning, "m", {{"empty", ""}}),
            R"(12:34:56.789 WARN  m empty="")");
}

TEST(TextLine, CannotBeSplitOrForged) {
  const std::string line = TextLine(kTime, absl::UTCTimeZone(), LogLevel::kError, "a\nb",
                                    {{"k", "x\n12:34:56 INFO forged"}, {"e", "a=b"}});
  EXPECT_EQ(line.find('\n'), line.npos);
  EXPECT_EQ(line, R"(12:34:56.789 ERROR a\nb k="x\n12:34:56 INFO forged" e="a=b")");
}

TEST(JsonLine, HoldsTimeLevelServiceMessageAndFields) {
  EXPECT_EQ(JsonLine(kTime, LogLevel::kWarning, "order_service", "slow",
                     {{"seconds", 1.5}, {"count", int64_t{3}}}),
            R"({"time":"2026-01-02T12:34:56.789012Z","level":"warning","service":"order_service",)"
            R"("message":"slow","seconds":1.5,"count":3})");
}

TEST(JsonLine, IsValidJsonWhateverIsQuoted) {
  constexpr char kNasty[] = "\"\\\n\r\t\x01\x7f\xff\xc3 ä \0 end";
  const std::string nasty(kNasty, sizeof(kNasty) - 1);
  const std::string line = JsonLine(kTime, LogLevel::kError, "s", nasty, {{"value", nasty}});
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["message"], parsed["value"]);
  EXPECT_NE(parsed["value"].get<std::string>().find("ä"), std::string::npos);
}

}  // namespace
}  // namespace tally::telemetry
