#include "activity_service/service/watch_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error_details.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> ViolatedFields(const v1::WatchDailyActivityRequest& request) {
  std::vector<std::string> fields;
  for (const base::Violation& violation :
       rpc::DetailsOf(ParseWatchQuery(request).status()).violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

std::vector<std::string> ViolatedByInterval(int64_t seconds, int32_t nanos) {
  v1::WatchDailyActivityRequest request;
  request.mutable_min_interval()->set_seconds(seconds);
  request.mutable_min_interval()->set_nanos(nanos);
  return ViolatedFields(request);
}

TEST(WatchQueryTest, WithoutAnythingItIsTodayInUtcOnceASecond) {
  ASSERT_OK_AND_ASSIGN(const WatchQuery query, ParseWatchQuery({}));
  EXPECT_FALSE(query.date.has_value());
  EXPECT_EQ(query.time_zone, "UTC");
  EXPECT_EQ(query.min_interval, absl::Seconds(1));
}

TEST(WatchQueryTest, NamesEveryViolatedField) {
  v1::WatchDailyActivityRequest request;
  request.mutable_date()->set_year(2026);
  request.set_time_zone("Europe/Atlantis");
  request.mutable_min_interval()->set_seconds(-1);
  EXPECT_THAT(ViolatedFields(request), UnorderedElementsAre("date", "time_zone", "min_interval"));
}

TEST(WatchQueryTest, AnIntervalIsFrom100MillisecondsTo60Seconds) {
  EXPECT_THAT(ViolatedByInterval(0, 100'000'000), IsEmpty());
  EXPECT_THAT(ViolatedByInterval(60, 0), IsEmpty());
  EXPECT_THAT(ViolatedByInterval(0, 99'999'999), ElementsAre("min_interval"));
  EXPECT_THAT(ViolatedByInterval(60, 1), ElementsAre("min_interval"));
  EXPECT_THAT(ViolatedByInterval(0, 0), ElementsAre("min_interval"));
  EXPECT_THAT(ViolatedByInterval(int64_t{1} << 62, 0), ElementsAre("min_interval"));
}

}  // namespace
}  // namespace tally::activity
