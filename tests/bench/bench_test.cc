#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/bench/process_use.h"
#include "tests/bench/ratios.h"
#include "tests/bench/report.h"
#include "tests/bench/samples.h"
#include "tests/bench/timetable.h"
#include "tests/testkit/process.h"

namespace tally::bench {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(SamplesTest, TheMedianOfAnEvenNumberLiesBetweenTheMiddleOnes) {
  EXPECT_EQ(Median({5, 1, 3}), 3);
  EXPECT_EQ(Median({4, 1, 2, 100}), 3);
  EXPECT_TRUE(std::isnan(Median({})));
}

TEST(SamplesTest, RatiosAreTakenRoundByRound) {
  EXPECT_THAT(Quotients({10, 30, 99}, {5, 10}), ElementsAre(2, 3));
  EXPECT_THAT(Sums({1, 2}, {10, 20}), ElementsAre(11, 22));
}

TEST(SamplesTest, NumbersShowThreeDigitsAndThousands) {
  EXPECT_EQ(Format(0.04567), "0.0457");
  EXPECT_EQ(Format(99.96), "100");
  EXPECT_EQ(Format(999), "999");
  EXPECT_EQ(Format(1234), "1,234");
  EXPECT_EQ(Format(1234567), "1,234,567");
  EXPECT_EQ(FormatSpread({2, 1, 4}), "2 (1..4)");
  EXPECT_EQ(FormatSpread({2}), "2");
  EXPECT_EQ(FormatSpread({}), "");
}

TEST(ReportTest, KeepsEverySampleInOrder) {
  Report report;
  report.Add("rates/a", "p50_us", 3);
  report.Add("rates/a", "p50_us", 1);
  EXPECT_THAT(report.Get("rates/a", "p50_us"), ElementsAre(3, 1));
  EXPECT_EQ(report.Last("rates/a", "p50_us", 9), 1);
  EXPECT_EQ(report.Last("rates/b", "p50_us", 9), 9);
  EXPECT_EQ(report.Json()["rates/a"]["p50_us"]["median"], 2);
  EXPECT_EQ(report.Table("Backlogs", "drain/", {{"p50", "p50_us"}}), "");
  EXPECT_EQ(report.Table("Rates", "rates/", {{"p50", "p50_us"}}),
            "Rates\n        p50\na  2 (1..3)\n\n");
}

TEST(ProcessUseTest, ProcessesMayEndWhileTheyAreRead) {
  auto shell = testkit::Process::Start({.argv = {"sh", "-c",
                                                 "i=0; while [ $i -lt 2000 ]; do true & "
                                                 "i=$((i+1)); done; wait"}})
                   .value();
  while (shell->Running()) {
    CpuTimeOf(shell->pid());
    PeakMemoryBytesOf(shell->pid());
    WrittenBytesOf(shell->pid());
  }
  EXPECT_EQ(shell->Wait(absl::Seconds(30)).value(), 0);
}

TEST(RatiosTest, OnlyWhatWasMeasuredOnBothSidesIsHeldAgainstTheAim) {
  Report report;
  report.Add("stages/pgbench/8", "orders_per_second", 5'000);
  EXPECT_TRUE(RatiosOf(report).empty());
  report.Add("rates/PostgreSQL/PlaceOrder/256", "orders_per_second", 17'500);
  const std::vector<Ratio> ratios = RatiosOf(report);
  ASSERT_EQ(ratios.size(), 1u);
  EXPECT_THAT(ratios[0].samples, ElementsAre(DoubleNear(3.5, 1e-9)));
  EXPECT_THAT(ToTable(ratios), HasSubstr("aim missed"));
}

TEST(TimetableTest, SuitesTakeTurnsUntilTheirRoundsAreOver) {
  Timetable timetable({{.rounds = 3, .round_time = absl::Seconds(10)},
                       {.rounds = 1, .round_time = absl::Seconds(100)},
                       {.rounds = 2, .round_time = absl::Seconds(1000)}});
  std::vector<size_t> order;
  for (size_t suite = timetable.Next(); suite < 3; suite = timetable.Next()) {
    order.push_back(suite);
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 0, 2, 0));
}

TEST(TimetableTest, WhatIsLeftIsWhatRoundsAreExpectedToTake) {
  Timetable timetable({{.rounds = 1, .round_time = absl::Seconds(45)},
                       {.rounds = 2, .round_time = absl::Minutes(10)}});
  timetable.Next();
  EXPECT_EQ(timetable.Position(), "round 1 of 1, 21 min left ");
  timetable.Next();
  EXPECT_GT(timetable.Left(), absl::Minutes(19));
}

}  // namespace
}  // namespace tally::bench
