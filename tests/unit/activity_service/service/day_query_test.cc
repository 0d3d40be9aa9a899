#include "activity_service/service/day_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error_details.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using absl::CivilDay;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromCivil(absl::CivilHour(2026, 3, 1, 23), absl::UTCTimeZone());

void Set(CivilDay day, google::type::Date& date) {
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
}

template <typename Request>
std::vector<std::string> ViolatedFields(const Request& request) {
  std::vector<std::string> fields;
  for (const base::Violation& violation :
       rpc::DetailsOf(ParseDayQuery(request, kNow).status()).violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

v1::ListDailyActivityRequest Range(CivilDay first, CivilDay last) {
  v1::ListDailyActivityRequest request;
  Set(first, *request.mutable_start_date());
  Set(last, *request.mutable_end_date());
  return request;
}

TEST(DayQueryTest, WithoutADateItIsTodayInUtc) {
  ASSERT_OK_AND_ASSIGN(const DayQuery query, ParseDayQuery(v1::GetDailyActivityRequest(), kNow));
  EXPECT_EQ(query.first, CivilDay(2026, 3, 1));
  EXPECT_EQ(query.last, CivilDay(2026, 3, 1));
  EXPECT_EQ(query.time_zone, "UTC");
  EXPECT_FALSE(query.token.has_value());
}

TEST(DayQueryTest, TodayIsThatOfTheTimeZone) {
  v1::GetDailyActivityRequest request;
  request.set_time_zone("Asia/Tokyo");
  ASSERT_OK_AND_ASSIGN(const DayQuery query, ParseDayQuery(request, kNow));
  EXPECT_EQ(query.first, CivilDay(2026, 3, 2));
  v1::ListDailyActivityRequest list;
  list.set_time_zone("Asia/Tokyo");
  ASSERT_OK_AND_ASSIGN(const DayQuery run, ParseDayQuery(list, kNow));
  EXPECT_EQ(run.first, CivilDay(2026, 3, 2));
  EXPECT_EQ(run.last, CivilDay(2026, 3, 2));
}

TEST(DayQueryTest, NamesEveryViolatedField) {
  v1::GetDailyActivityRequest request;
  Set(CivilDay(2026, 1, 31), *request.mutable_date());
  request.mutable_date()->set_month(2);
  request.set_time_zone("Europe/Atlantis");
  request.set_consistency_token("?");
  EXPECT_THAT(ViolatedFields(request),
              UnorderedElementsAre("date", "time_zone", "consistency_token"));
}

TEST(DayQueryTest, DatesRunFrom1980To2999) {
  const auto violated = [](int year, int month, int day) {
    v1::GetDailyActivityRequest request;
    request.mutable_date()->set_year(year);
    request.mutable_date()->set_month(month);
    request.mutable_date()->set_day(day);
    return ViolatedFields(request);
  };
  EXPECT_THAT(violated(1980, 1, 1), IsEmpty());
  EXPECT_THAT(violated(2999, 12, 31), IsEmpty());
  EXPECT_THAT(violated(1979, 12, 31), ElementsAre("date"));
  EXPECT_THAT(violated(3000, 1, 1), ElementsAre("date"));
  EXPECT_THAT(violated(2026, 0, 0), ElementsAre("date"));
  EXPECT_THAT(violated(0, 0, 0), ElementsAre("date"));
  EXPECT_THAT(violated(2026, 13, 1), ElementsAre("date"));
  EXPECT_THAT(violated(-2'000'000'000, -2'000'000'000, 2'000'000'000), ElementsAre("date"));
}

TEST(DayQueryTest, ARunHas400DaysAtMost) {
  EXPECT_THAT(ViolatedFields(Range(CivilDay(2025, 1, 1), CivilDay(2025, 1, 1) + 399)), IsEmpty());
  EXPECT_THAT(ViolatedFields(Range(CivilDay(2025, 1, 1), CivilDay(2025, 1, 1) + 400)),
              ElementsAre("end_date"));
  EXPECT_THAT(ViolatedFields(Range(CivilDay(2025, 1, 2), CivilDay(2025, 1, 1))),
              ElementsAre("end_date"));
  v1::ListDailyActivityRequest open_end;
  Set(CivilDay(2026, 3, 2), *open_end.mutable_start_date());
  EXPECT_THAT(ViolatedFields(open_end), ElementsAre("end_date"));
}

TEST(DayQueryTest, TakesATokenOfTheOrderService) {
  const base::ConsistencyToken token{*base::Uuid::Parse("018f0000-0000-7000-8000-000000000001"), 7};
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(token.Encode());
  ASSERT_OK_AND_ASSIGN(const DayQuery query, ParseDayQuery(request, kNow));
  EXPECT_EQ(query.token, token);
}

TEST(DayQueryTest, DaysOfARunTileTime) {
  v1::ListDailyActivityRequest request = Range(CivilDay(2011, 12, 28), CivilDay(2012, 1, 1));
  request.set_time_zone("Pacific/Apia");
  ASSERT_OK_AND_ASSIGN(const DayQuery query, ParseDayQuery(request, kNow));
  const std::vector<Day> days = query.Days();
  ASSERT_EQ(days.size(), 5u);
  for (size_t i = 1; i < days.size(); ++i) EXPECT_EQ(days[i].bounds.start, days[i - 1].bounds.end);
  EXPECT_EQ(days[2].bounds.start, days[2].bounds.end);  // 2011-12-30 did not occur
}

}  // namespace
}  // namespace tally::activity
