#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/retail_days.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

class ImportTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ExpectedDays(GetParam()));
    ASSERT_OK_AND_ASSIGN(system_, System::Start());
  }

  // Imports the file; how many orders were placed by this import, and how many it found.
  void Import(int64_t placed, int64_t already_there) {
    ASSERT_OK_AND_ASSIGN(const Ended import,
                         RunTally(*system_, {"import", "--json", "--csv=" + GetParam()}));
    ASSERT_EQ(import.exit_code, 0) << import.err;
    const nlohmann::json report = nlohmann::json::parse(import.out);
    EXPECT_EQ(report["placed"], placed);
    EXPECT_EQ(report["already_there"], already_there);
  }

  Days Counted() { return CountedBy(absl::Now() + absl::Seconds(15), *system_, expected_); }

  Days expected_;
  std::unique_ptr<System> system_;
};

TEST_P(ImportTest, CountsEachDayAsSqlDoes) {
  Import(OrdersOf(expected_), 0);
  EXPECT_EQ(Counted(), expected_);
}

TEST_P(ImportTest, ChangesNothingTheSecondTime) {
  Import(OrdersOf(expected_), 0);
  ASSERT_EQ(Counted(), expected_);
  ASSERT_OK_AND_ASSIGN(const double applied,
                       system_->activity().Metric("tally_inbox_applied_total"));
  Import(0, OrdersOf(expected_));

  // One more order, placed after the second import, is the only one more that is counted.
  ASSERT_OK_AND_ASSIGN(
      const Ended place,
      RunTally(*system_, {"place", "--customer=ada", "--line=TEA:1:1.00", "--json",
                          "--place_time=" + expected_.begin()->first + "T12:00:00Z"}));
  ASSERT_EQ(place.exit_code, 0) << place.err;
  ++expected_.begin()->second.orders;
  expected_.begin()->second.pence += 100;
  EXPECT_EQ(Counted(), expected_);
  EXPECT_THAT(system_->activity().Metric("tally_inbox_applied_total"),
              testkit::IsOkAndHolds(applied + 1));
}

TEST_P(ImportTest, IsFreshOnceAllIsCounted) {
  Import(OrdersOf(expected_), 0);
  const absl::Time imported = absl::Now();
  absl::StatusOr<CountedDays> counted;
  ASSERT_EVENTUALLY((counted = GetCountedDays(*system_, expected_),
                     counted.ok() && counted->as_of.has_value() && *counted->as_of > imported &&
                         counted->completeness == "COMPLETENESS_COMPLETE"),
                    absl::Seconds(15));
  EXPECT_EQ(counted->days, expected_);
}

std::string NameOf(const testing::TestParamInfo<std::string>& file) {
  return file.param == OwnRetailCsv() ? "OwnFile" : "RealFile";
}

INSTANTIATE_TEST_SUITE_P(Files, ImportTest, testing::ValuesIn(RetailCsvs()), NameOf);

}  // namespace
}  // namespace tally::e2e
