#include "activity_service/service/watch.h"

#include <gtest/gtest.h>

#include "common/base/civil_day.h"

namespace tally::activity {
namespace {

using absl::CivilDay;
using absl::Milliseconds;
using absl::Seconds;
using Response = v1::WatchDailyActivityResponse;

constexpr absl::Duration kHeartbeat = Seconds(10);
constexpr absl::Duration kInterval = Seconds(1);

absl::TimeZone Zone(const char* name) { return base::LoadTimeZone(name).value(); }

WatchQuery Today(const char* zone = "UTC") {
  return {.date = std::nullopt, .time_zone = zone, .zone = Zone(zone), .min_interval = kInterval};
}

absl::Time At(int day, int hour, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 3, day, hour, minute, second),
                         absl::UTCTimeZone());
}

const absl::Time kNoon = At(1, 12);

// A watch that has sent a version of its day as snapshot.
Watch Begun(const WatchQuery& query, absl::Time now = kNoon, int64_t version = 1) {
  Watch watch(query, kHeartbeat, now);
  watch.Sent(Response::KIND_SNAPSHOT, version, now);
  return watch;
}

TEST(WatchTest, BeginsWithASnapshotOnceTheDayWasRead) {
  Watch watch(Today(), kHeartbeat, kNoon);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 1));
  EXPECT_EQ(watch.Due(kNoon, absl::InfinitePast(), 0), Watch::kNothing);
  EXPECT_EQ(watch.Due(kNoon + Seconds(60), absl::InfinitePast(), 0), Watch::kNothing);
  EXPECT_EQ(watch.Due(kNoon, kNoon, 1), Response::KIND_SNAPSHOT);
}

TEST(WatchTest, ConflatesChangesToTheInterval) {
  Watch watch = Begun(Today());
  EXPECT_EQ(watch.Due(kNoon, kNoon, 1), Watch::kNothing);
  EXPECT_EQ(watch.Due(kNoon + Milliseconds(999), kNoon, 2), Watch::kNothing);
  EXPECT_EQ(watch.NextDue(kNoon, 2), kNoon + kInterval);
  EXPECT_EQ(watch.Due(kNoon + kInterval, kNoon, 5), Response::KIND_CHANGE);
  watch.Sent(Response::KIND_CHANGE, 5, kNoon + kInterval);
  EXPECT_EQ(watch.Due(kNoon + 2 * kInterval, kNoon, 5), Watch::kNothing);
  EXPECT_EQ(watch.Due(kNoon + 2 * kInterval, kNoon, 6), Response::KIND_CHANGE);
}

TEST(WatchTest, BeatsWhenNothingElseWasSentForTenSeconds) {
  Watch watch = Begun(Today());
  EXPECT_EQ(watch.Due(kNoon + Milliseconds(9'999), kNoon, 1), Watch::kNothing);
  EXPECT_EQ(watch.NextDue(kNoon, 1), kNoon + kHeartbeat);
  EXPECT_EQ(watch.Due(kNoon + kHeartbeat, kNoon, 1), Response::KIND_HEARTBEAT);
  watch.Sent(Response::KIND_HEARTBEAT, 1, kNoon + kHeartbeat);
  EXPECT_EQ(watch.NextDue(kNoon, 1), kNoon + 2 * kHeartbeat);
  // A heartbeat does not put a change off.
  EXPECT_EQ(watch.Due(kNoon + kHeartbeat + Milliseconds(1), kNoon, 2), Response::KIND_CHANGE);
}

TEST(WatchTest, BeatsBetweenChangesThatAreFarApart) {
  WatchQuery query = Today();
  query.min_interval = Seconds(60);
  Watch watch = Begun(query);
  EXPECT_EQ(watch.Due(kNoon + kHeartbeat, kNoon, 2), Response::KIND_HEARTBEAT);
  watch.Sent(Response::KIND_HEARTBEAT, 2, kNoon + kHeartbeat);
  EXPECT_EQ(watch.Due(kNoon + Seconds(59), kNoon, 2), Response::KIND_HEARTBEAT);
  EXPECT_EQ(watch.Due(kNoon + Seconds(60), kNoon, 2), Response::KIND_CHANGE);
}

TEST(WatchTest, GoesOverMidnightOfItsZone) {
  const absl::Time midnight = At(1, 15);  // 2026-03-02 in Tokyo
  Watch watch = Begun(Today("Asia/Tokyo"));
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 1));
  watch.MoveOn(midnight - Milliseconds(1), 1);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 1));
  watch.MoveOn(midnight, 1);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 2));
  EXPECT_EQ(watch.day().bounds.start, midnight);
  EXPECT_EQ(watch.Due(midnight, midnight, 0), Response::KIND_HEARTBEAT);  // three hours later
  EXPECT_EQ(watch.Due(midnight, midnight, 1), Response::KIND_SNAPSHOT);
}

TEST(WatchTest, SendsTheLastChangeOfADayBeforeItGoesOver) {
  WatchQuery query = Today();
  query.min_interval = Seconds(60);
  const absl::Time midnight = At(2, 0);
  Watch watch = Begun(query, midnight - Seconds(1));
  const absl::Time now = midnight + Milliseconds(100);
  EXPECT_EQ(watch.Due(now, midnight - Milliseconds(400), 2), Watch::kNothing);
  watch.MoveOn(now, 2);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 1));
  EXPECT_EQ(watch.Due(now, now, 2), Response::KIND_CHANGE);
  watch.Sent(Response::KIND_CHANGE, 2, now);
  watch.MoveOn(now, 2);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 2));
  EXPECT_EQ(watch.Due(now, now, 1), Response::KIND_SNAPSHOT);
}

TEST(WatchTest, LeavesOutADateThatItsZoneSkipped) {
  const absl::TimeZone apia = Zone("Pacific/Apia");
  const base::TimeInterval last = base::DayBounds(CivilDay(2011, 12, 29), apia);
  Watch watch = Begun(Today("Pacific/Apia"), last.end - Seconds(1));
  EXPECT_EQ(watch.day().date, CivilDay(2011, 12, 29));
  watch.MoveOn(last.end, 1);
  EXPECT_EQ(watch.day().date, CivilDay(2011, 12, 31));
}

TEST(WatchTest, StaysOnADayThatWasNamed) {
  WatchQuery query = Today();
  query.date = CivilDay(2026, 3, 1);
  Watch watch = Begun(query);
  watch.MoveOn(At(5, 0), 1);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 1));
  EXPECT_EQ(watch.Due(kNoon + Milliseconds(1), At(5, 0), 2), Watch::kNothing);
}

TEST(WatchTest, DoesNotGoBackWithTheClock) {
  Watch watch = Begun(Today(), At(2, 0));
  watch.MoveOn(At(1, 23, 59, 59), 1);
  EXPECT_EQ(watch.day().date, CivilDay(2026, 3, 2));
}

}  // namespace
}  // namespace tally::activity
