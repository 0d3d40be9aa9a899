#include "common/base/civil_day.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using ::absl::CivilDay;
using ::tally::testkit::IsOkAndHolds;
using ::tally::testkit::StatusIs;

absl::TimeZone Zone(absl::string_view name) { return LoadTimeZone(name).value(); }

absl::Duration Length(absl::string_view zone, CivilDay day) {
  const TimeInterval bounds = DayBounds(day, Zone(zone));
  return bounds.end - bounds.start;
}

absl::Time Utc(const char* text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

TEST(DayBoundsTest, AreMidnightsInUtc) {
  const TimeInterval bounds = DayBounds(CivilDay(2010, 12, 1), absl::UTCTimeZone());
  EXPECT_EQ(bounds.start, Utc("2010-12-01T00:00:00Z"));
  EXPECT_EQ(bounds.end, Utc("2010-12-02T00:00:00Z"));
}

TEST(DayBoundsTest, DayOfAClockChangeIsShorterOrLonger) {
  EXPECT_EQ(Length("Europe/London", CivilDay(2010, 3, 28)), absl::Hours(23));
  EXPECT_EQ(Length("Europe/London", CivilDay(2010, 10, 31)), absl::Hours(25));
  EXPECT_EQ(Length("Europe/London", CivilDay(2010, 7, 1)), absl::Hours(24));
}

TEST(DayBoundsTest, LordHoweMovesByHalfAnHour) {
  EXPECT_EQ(Length("Australia/Lord_Howe", CivilDay(2010, 10, 3)), absl::Minutes(23 * 60 + 30));
  EXPECT_EQ(Length("Australia/Lord_Howe", CivilDay(2010, 4, 4)), absl::Minutes(24 * 60 + 30));
}

TEST(DayBoundsTest, DateThatDoesNotOccurHasNoLength) {
  const TimeInterval skipped = DayBounds(CivilDay(2011, 12, 30), Zone("Pacific/Apia"));
  EXPECT_EQ(skipped.start, Utc("2011-12-30T10:00:00Z"));
  EXPECT_EQ(skipped.end, skipped.start);
  EXPECT_EQ(DayBounds(CivilDay(2011, 12, 29), Zone("Pacific/Apia")).end, skipped.start);
  EXPECT_EQ(Length("Pacific/Apia", CivilDay(2011, 12, 29)), absl::Hours(24));
  EXPECT_EQ(Length("Pacific/Apia", CivilDay(2011, 12, 31)), absl::Hours(24));
}

TEST(DayBoundsTest, DayWhoseMidnightIsSkippedStartsAtTheJump) {
  const TimeInterval beirut = DayBounds(CivilDay(2019, 3, 31), Zone("Asia/Beirut"));
  EXPECT_EQ(beirut.start, Utc("2019-03-30T22:00:00Z"));
  EXPECT_EQ(beirut.end - beirut.start, absl::Hours(23));
  const TimeInterval sao_paulo = DayBounds(CivilDay(2018, 11, 4), Zone("America/Sao_Paulo"));
  EXPECT_EQ(sao_paulo.start, Utc("2018-11-04T03:00:00Z"));
  EXPECT_EQ(sao_paulo.end - sao_paulo.start, absl::Hours(23));
}

// No zone has done so since 1980: clocks jumped from 23:30 to 00:30.
TEST(DayBoundsTest, DayWhoseMidnightLiesInsideTheJumpStartsAtTheJump) {
  const TimeInterval day = DayBounds(CivilDay(1919, 3, 31), Zone("America/Toronto"));
  EXPECT_EQ(day.start, Utc("1919-03-31T04:30:00Z"));
  EXPECT_EQ(day.end - day.start, absl::Minutes(23 * 60 + 30));
}

TEST(DayBoundsTest, DayBeforeAMidnightThatIsPutBackIsLonger) {
  EXPECT_EQ(Length("Asia/Beirut", CivilDay(2019, 10, 26)), absl::Hours(25));
  EXPECT_EQ(Length("America/Sao_Paulo", CivilDay(2018, 2, 17)), absl::Hours(25));
}

// Until 2011 clocks there went back at 00:01, so midnight happened twice: the first one counts.
TEST(DayBoundsTest, DayWithTwoMidnightsStartsAtTheFirst) {
  const absl::TimeZone st_johns = Zone("America/St_Johns");
  const TimeInterval day = DayBounds(CivilDay(2010, 11, 7), st_johns);
  EXPECT_EQ(day.start, Utc("2010-11-07T02:30:00Z"));
  EXPECT_EQ(day.end - day.start, absl::Hours(25));
  const absl::Time shows_the_sixth_again = Utc("2010-11-07T02:45:00Z");
  EXPECT_EQ(absl::ToCivilDay(shows_the_sixth_again, st_johns), CivilDay(2010, 11, 6));
  EXPECT_EQ(Today(shows_the_sixth_again, st_johns), CivilDay(2010, 11, 7));
  EXPECT_EQ(Today(day.start - absl::Nanoseconds(1), st_johns), CivilDay(2010, 11, 6));
}

TEST(TodayTest, IsTheDayWhoseBoundsContainTheTime) {
  const absl::TimeZone auckland = Zone("Pacific/Auckland");
  EXPECT_EQ(Today(Utc("2010-12-01T10:59:59Z"), auckland), CivilDay(2010, 12, 1));
  EXPECT_EQ(Today(Utc("2010-12-01T11:00:00Z"), auckland), CivilDay(2010, 12, 2));
  EXPECT_EQ(Today(Utc("2011-12-30T09:59:59Z"), Zone("Pacific/Apia")), CivilDay(2011, 12, 29));
  EXPECT_EQ(Today(Utc("2011-12-30T10:00:00Z"), Zone("Pacific/Apia")), CivilDay(2011, 12, 31));
}

TEST(ParseDateTest, ReadsDatesThatExist) {
  EXPECT_THAT(ParseDate("2010-12-01"), IsOkAndHolds(CivilDay(2010, 12, 1)));
  EXPECT_THAT(ParseDate("2012-02-29"), IsOkAndHolds(CivilDay(2012, 2, 29)));
  EXPECT_THAT(ParseDate("1000-01-01"), IsOkAndHolds(CivilDay(1000, 1, 1)));
  EXPECT_THAT(ParseDate("9999-12-31"), IsOkAndHolds(CivilDay(9999, 12, 31)));
}

TEST(ParseDateTest, RefusesEverythingElse) {
  for (const char* text : {"",           "2010",        "2010-12",       "2010-12-1",
                           "2010-12-32", "2011-02-29",  "2010-13-01",    "2010-00-01",
                           "2010-12-00", "0000-01-01",  "0999-12-31",    "-999-12-31",
                           "-010-12-01", "10000-01-01", " 2010-12-1",    "2010-12-01 ",
                           "2010/12/01", "01-12-2010",  "2010-12-01T00", "2010-12-+1"}) {
    EXPECT_THAT(ParseDate(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(LoadTimeZoneTest, TakesIanaNames) {
  for (const char* name : {"UTC", "Etc/UTC", "Etc/GMT+5", "GMT0", "America/Argentina/Buenos_Aires",
                           "America/Port-au-Prince", "EST5EDT"}) {
    EXPECT_THAT(LoadTimeZone(name), testkit::IsOk()) << name;
  }
}

TEST(LoadTimeZoneTest, RefusesEverythingElse) {
  for (const char* name : {"",
                           "localtime",
                           "file:/etc/localtime",
                           "libc:localtime",
                           "/etc/localtime",
                           "../etc/localtime",
                           "Europe/../Europe/London",
                           "Europe/",
                           "/Europe/London",
                           "Europe//London",
                           "Europe/./London",
                           "Europe",
                           "Europe/Londinium",
                           "europe/london",
                           "Fixed/UTC+05:00:00",
                           "+05:00",
                           "right/UTC",
                           "posix/UTC",
                           "posixrules",
                           "zone.tab",
                           "leapseconds",
                           ":UTC",
                           "UTC "}) {
    EXPECT_THAT(LoadTimeZone(name), StatusIs(absl::StatusCode::kInvalidArgument)) << name;
  }
  EXPECT_THAT(LoadTimeZone(absl::string_view("Europe/London\0", 14)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LoadTimeZone(std::string(1'000'000, 'A')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(LoadTimeZoneTest, DoesNotRememberUnknownNames) {
  EXPECT_FALSE(LoadTimeZone("Europe/Nowhere").ok());
  const size_t before_bytes = mallinfo2().uordblks;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(LoadTimeZone(absl::StrCat("Europe/Nowhere", i)).ok());
  }
  EXPECT_LT(mallinfo2().uordblks, before_bytes + 100'000);
}

std::vector<std::string> AllZones() {
  const std::filesystem::path folder = "/usr/share/zoneinfo";
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = file.path().lexically_relative(folder);
    // Links are further names of zones that are there as files.
    if (!file.is_symlink() && file.is_regular_file() && LoadTimeZone(name).ok())
      names.push_back(name);
  }
  return names;
}

bool Touch(absl::Time end, const TimeInterval& next) {
  return next.start == end && next.end >= next.start && next.end - next.start <= absl::Hours(48) &&
         absl::ToUnixSeconds(next.start) % (15 * 60) == 0;
}

TEST(CivilDayPropertyTest, DaysOfEveryZoneTileTimeOnQuarterHours) {
  const std::vector<std::string> names = AllZones();
  ASSERT_GT(names.size(), 250u);
  for (const std::string& name : names) {
    const absl::TimeZone zone = Zone(name);
    absl::Time end = DayBounds(CivilDay(1980, 1, 1), zone).start;
    for (CivilDay day(1980, 1, 1); day.year() < 2038; ++day) {
      const TimeInterval bounds = DayBounds(day, zone);
      if (!Touch(end, bounds)) FAIL() << name << " " << day;
      end = bounds.end;
      // Looking at these alone keeps nine million days affordable.
      const bool clocks_changed = bounds.end - bounds.start != absl::Hours(24);
      if (bounds.start == bounds.end || !(clocks_changed || day.day() == 1)) continue;
      ASSERT_EQ(absl::ToCivilDay(bounds.start, zone), day) << name;
      ASSERT_EQ(Today(bounds.start, zone), day) << name;
      ASSERT_EQ(Today(bounds.end - absl::Nanoseconds(1), zone), day) << name;
    }
  }
}

}  // namespace
}  // namespace tally::base
