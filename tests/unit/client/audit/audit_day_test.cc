#include "client/audit/audit_day.h"

#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::client {
namespace {

TEST(AuditDayTest, The24HoursUpToAnyHourAreADaySomewhere) {
  const absl::Time midnight = absl::FromCivil(absl::CivilDay(2026, 3, 29), absl::UTCTimeZone());
  for (int hour = 0; hour < 24; ++hour) {
    const AuditDay day =
        DayUpToTheHour(midnight + absl::Hours(hour) + absl::Minutes(59) + absl::Seconds(59));
    EXPECT_EQ(day.bounds.end, midnight + absl::Hours(hour));
    EXPECT_EQ(day.bounds.end - day.bounds.start, absl::Hours(24));
    ASSERT_OK_AND_ASSIGN(const absl::TimeZone zone, base::LoadTimeZone(day.zone));
    EXPECT_EQ(base::DayBounds(day.date, zone), day.bounds) << day.zone;
  }
}

TEST(AuditDayTest, ADayOfUtcIsOne) {
  const AuditDay day = UtcDay(absl::CivilDay(2010, 12, 1));
  EXPECT_EQ(day.zone, "UTC");
  EXPECT_EQ(absl::FormatTime(day.bounds.start, absl::UTCTimeZone()), "2010-12-01T00:00:00+00:00");
}

}  // namespace
}  // namespace tally::client
