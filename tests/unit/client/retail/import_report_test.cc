#include "client/retail/import_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using testing::HasSubstr;
using testing::Not;

ImportReport Report() {
  ImportReport report;
  report.rows = 12;
  report.placed = 2;
  report.already_there = 3;
  report.failed = {{2, "7", "lines: must have 1 to 1000 lines"}};
  for (int64_t line = 5; line < 10; ++line) {
    report.left_out.push_back({line, "8", LeftOutReason::kQuantityNotAboveZero, "-1"});
  }
  report.left_out.push_back({10, "", LeftOutReason::kMalformed, "3 columns, not \"8\""});
  return report;
}

TEST(ImportReportTest, CountsByReasonWithTheFirstFewExamples) {
  const std::string summary = Report().Summary();
  EXPECT_THAT(summary, HasSubstr("       2 orders placed\n"));
  EXPECT_THAT(summary, HasSubstr("       3 orders were there already\n"));
  EXPECT_THAT(summary, HasSubstr("       1 orders failed\n      line 2, invoice 7: lines: must"));
  EXPECT_THAT(summary, HasSubstr("       5 lines left out: quantity not above zero\n"));
  EXPECT_THAT(summary, HasSubstr("      line 7, invoice 8: -1\n"));
  EXPECT_THAT(summary, Not(HasSubstr("line 8, invoice 8")));
  EXPECT_THAT(summary, HasSubstr("      line 10: 3 columns"));
  EXPECT_THAT(summary, Not(HasSubstr("credit note")));
}

TEST(ImportReportTest, ListsEverythingWithItsLine) {
  const std::string full = Report().Full();
  EXPECT_THAT(full, HasSubstr("2,\"7\",\"order failed\",\"lines: must have 1 to 1000 lines\"\n"));
  EXPECT_THAT(full, HasSubstr("9,\"8\",\"quantity not above zero\",\"-1\"\n"));
  EXPECT_THAT(full, HasSubstr("10,\"\",\"malformed\",\"3 columns, not \"\"8\"\"\"\n"));
}

TEST(ImportReportTest, HasTheCountsAsJson) {
  const std::string json = Report().Json();
  EXPECT_THAT(json, HasSubstr(R"("placed":2,"already_there":3,"failed":1)"));
  EXPECT_THAT(json, HasSubstr(R"("quantity not above zero":5)"));
}

}  // namespace
}  // namespace tally::client
