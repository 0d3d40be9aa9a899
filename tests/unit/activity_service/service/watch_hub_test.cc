#include "activity_service/service/watch_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/civil_day.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"

namespace tally::activity {
namespace {

using absl::CivilDay;
using absl::Milliseconds;
using absl::Seconds;
using Response = v1::WatchDailyActivityResponse;
using testing::ElementsAre;
using testing::IsEmpty;

// One who watches, and reads at once unless told not to.
class FakeStream final : public WatchHub::Stream {
 public:
  bool Write(std::shared_ptr<const Response> message) override {
    if (busy || ended.has_value()) return false;
    messages.push_back(std::move(message));
    busy = !reads;
    return true;
  }
  void Finish(const absl::Status& status) override {
    if (!ended.has_value()) ended = status;
  }
  void Cut() override { cut = true; }

  std::vector<Response::Kind> Kinds() const {
    std::vector<Response::Kind> kinds;
    for (const auto& message : messages) kinds.push_back(message->kind());
    return kinds;
  }
  std::string Reason() const { return ended.has_value() ? rpc::DetailsOf(*ended).reason : ""; }

  bool reads = true;
  bool busy = false;
  std::vector<std::shared_ptr<const Response>> messages;
  std::optional<absl::Status> ended;
  bool cut = false;
};

absl::Time At(int day, int hour, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 3, day, hour, minute, second),
                         absl::UTCTimeZone());
}

WatchQuery Today() {
  return {.date = std::nullopt, .time_zone = "UTC", .zone = absl::UTCTimeZone()};
}

// A hub over numbers in memory, stepped by the test.
class WatchHubTest : public testing::Test {
 protected:
  absl::StatusOr<DayReading> Read(absl::Span<const Day> days, int64_t known_mark) {
    ++polls;
    if (!database.ok()) return database;
    DayReading reading;
    reading.mark = mark;
    reading.freshness.set_completeness(v1::Freshness::COMPLETENESS_COMPLETE);
    reading.freshness.mutable_as_of()->set_seconds(absl::ToUnixSeconds(clock.Now()));
    if (known_mark == mark) return reading;
    for (const Day& day : days) {
      read.push_back(absl::FormatCivilTime(day.date));
      reading.days.emplace_back().set_orders_created(orders[day.date]);
      reading.days.back().mutable_date()->set_day(day.date.day());
    }
    return reading;
  }

  // What another instance counts.
  void CountElsewhere(CivilDay day = CivilDay(2026, 3, 1)) {
    ++orders[day];
    ++mark;
  }
  // What this instance counts; its mark, as on SQLite, stays as it is.
  void CountHere(CivilDay day = CivilDay(2026, 3, 1)) {
    ++orders[day];
    hub.Notice();
  }
  // Lets time pass, stepping as the thread would.
  void Pass(absl::Duration time) {
    const absl::Time end = clock.Now() + time;
    absl::Duration rest = hub.Step();
    while (clock.Now() < end) {
      ASSERT_GE(rest, absl::ZeroDuration());
      clock.Advance(std::min(std::clamp(rest, Milliseconds(1), Seconds(1)), end - clock.Now()));
      rest = hub.Step();
    }
  }

  base::ManualClock clock{At(1, 12)};
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::map<CivilDay, int64_t> orders;
  int64_t mark = 0;
  absl::Status database;
  int polls = 0;
  std::vector<std::string> read;  // dates, in the order they were read
  WatchHub hub{{.watchers_max = 3},
               [this](absl::Span<const Day> days, int64_t known) { return Read(days, known); },
               clock,
               telemetry};
};

TEST_F(WatchHubTest, SendsASnapshotThenChanges) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  hub.Step();
  EXPECT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT));
  Pass(Seconds(2));
  CountHere();
  Pass(Milliseconds(100));
  ASSERT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE));
  EXPECT_EQ(stream.messages.back()->day().orders_created(), 1);
  EXPECT_EQ(stream.messages.back()->freshness().completeness(),
            v1::Freshness::COMPLETENESS_COMPLETE);
}

TEST_F(WatchHubTest, SeesWithinASecondWhatAnotherInstanceCounted) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(5));
  CountElsewhere();
  Pass(Seconds(1));
  ASSERT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE));
}

TEST_F(WatchHubTest, ConflatesWhatComesQuickly) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(1));
  for (int i = 0; i < 1000; ++i) {
    CountHere();
    Pass(Milliseconds(10));
  }
  Pass(Seconds(1));
  EXPECT_GE(stream.messages.size(), 10u);
  EXPECT_LE(stream.messages.size(), 13u);
  EXPECT_EQ(stream.messages.back()->day().orders_created(), 1000);
  EXPECT_LE(polls, 12 * 10);
}

TEST_F(WatchHubTest, WatchersOfOneDayShareOneReadingAndOneMessage) {
  FakeStream streams[3];
  for (FakeStream& stream : streams) ASSERT_TRUE(hub.Add(Today(), stream).ok());
  hub.Step();
  EXPECT_EQ(polls, 1);
  EXPECT_THAT(read, ElementsAre("2026-03-01"));
  EXPECT_EQ(streams[0].messages[0].get(), streams[1].messages[0].get());
  EXPECT_EQ(streams[0].messages[0].get(), streams[2].messages[0].get());
}

TEST_F(WatchHubTest, ReadsDaysOnlyWhenTheMarkSaysSo) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(9));
  EXPECT_GE(polls, 9);
  EXPECT_EQ(read.size(), 1u);
}

TEST_F(WatchHubTest, ReadsNothingWhileNobodyWatches) {
  Pass(Seconds(5));
  CountHere();
  Pass(Seconds(5));
  EXPECT_EQ(polls, 0);
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(2));
  hub.Remove(stream);
  const int before = polls;
  Pass(Seconds(5));
  EXPECT_EQ(polls, before);
}

TEST_F(WatchHubTest, ASnapshotIsNeverOlderThanItsWatcher) {
  FakeStream first;
  FakeStream second;
  ASSERT_TRUE(hub.Add(Today(), first).ok());
  Pass(Milliseconds(120));
  CountElsewhere();
  ASSERT_TRUE(hub.Add(Today(), second).ok());
  hub.Step();
  ASSERT_EQ(second.messages.size(), 1u);
  EXPECT_EQ(second.messages[0]->day().orders_created(), 1);
}

TEST_F(WatchHubTest, BeatsWhileNothingChanges) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(21));
  ASSERT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_HEARTBEAT,
                                          Response::KIND_HEARTBEAT));
  EXPECT_FALSE(stream.messages.back()->has_day());
  EXPECT_EQ(stream.messages.back()->freshness().as_of().seconds(),
            absl::ToUnixSeconds(At(1, 12, 0, 20)));
}

TEST_F(WatchHubTest, GoesOverMidnightWithTheLastOfTheOldDay) {
  clock.Set(At(1, 23, 59, 59));
  orders[CivilDay(2026, 3, 1)] = 5;
  FakeStream stream;
  WatchQuery query = Today();
  query.min_interval = Seconds(60);
  ASSERT_TRUE(hub.Add(query, stream).ok());
  Pass(Milliseconds(900));
  CountElsewhere(CivilDay(2026, 3, 1));
  CountElsewhere(CivilDay(2026, 3, 2));
  Pass(Seconds(2));
  ASSERT_THAT(stream.Kinds(),
              ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE, Response::KIND_SNAPSHOT));
  EXPECT_EQ(stream.messages[1]->day().orders_created(), 6);
  EXPECT_EQ(stream.messages[1]->day().date().day(), 1);
  EXPECT_EQ(stream.messages[2]->day().orders_created(), 1);
  EXPECT_EQ(stream.messages[2]->day().date().day(), 2);
}

TEST_F(WatchHubTest, KeepsNothingForASlowReaderButTheLatest) {
  FakeStream stream;
  stream.reads = false;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(1));
  for (int i = 0; i < 5; ++i) {
    CountHere();
    Pass(Seconds(1));
  }
  EXPECT_EQ(stream.messages.size(), 1u);
  stream.busy = false;
  Pass(Seconds(1));
  ASSERT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE));
  EXPECT_EQ(stream.messages.back()->day().orders_created(), 5);
}

TEST_F(WatchHubTest, CutsAReaderOffThatIsTooSlow) {
  FakeStream stream;
  stream.reads = false;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(9));
  EXPECT_FALSE(stream.ended.has_value());
  Pass(Seconds(2));
  ASSERT_TRUE(stream.ended.has_value());
  EXPECT_EQ(stream.ended->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(stream.Reason(), "READS_TOO_SLOWLY");
  EXPECT_TRUE(rpc::DetailsOf(*stream.ended).retry_delay.has_value());
  EXPECT_FALSE(stream.cut);
  Pass(Seconds(11));
  EXPECT_TRUE(stream.cut);
}

TEST_F(WatchHubTest, ASlowReaderHoldsNobodyUp) {
  FakeStream slow;
  FakeStream quick;
  slow.reads = false;
  ASSERT_TRUE(hub.Add(Today(), slow).ok());
  ASSERT_TRUE(hub.Add(Today(), quick).ok());
  Pass(Seconds(1));
  CountHere();
  Pass(Seconds(1));
  EXPECT_THAT(quick.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE));
}

TEST_F(WatchHubTest, RefusesMoreThanItsNumber) {
  FakeStream streams[4];
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(hub.Add(Today(), streams[i]).ok());
  const absl::Status refused = hub.Add(Today(), streams[3]);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(rpc::DetailsOf(refused).reason, "TOO_MANY_WATCHERS");
  EXPECT_TRUE(rpc::DetailsOf(refused).retry_delay.has_value());
  hub.Remove(streams[0]);
  EXPECT_TRUE(hub.Add(Today(), streams[3]).ok());
}

TEST_F(WatchHubTest, WithoutTheDatabaseStreamsGoOnAndSaySo) {
  FakeStream old;
  ASSERT_TRUE(hub.Add(Today(), old).ok());
  Pass(Seconds(1));
  database = rpc::Unavailable("DATABASE_UNAVAILABLE", "away", Seconds(1));
  FakeStream fresh;
  ASSERT_TRUE(hub.Add(Today(), fresh).ok());
  Pass(Seconds(10));
  EXPECT_EQ(fresh.Reason(), "DATABASE_UNAVAILABLE");
  EXPECT_THAT(fresh.messages, IsEmpty());
  hub.Remove(fresh);
  EXPECT_FALSE(old.ended.has_value());
  ASSERT_THAT(old.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_HEARTBEAT));
  const v1::Freshness& freshness = old.messages.back()->freshness();
  EXPECT_EQ(freshness.completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_GE(freshness.lag().seconds(), 8);
  CountElsewhere();
  database = absl::OkStatus();
  Pass(Seconds(1));
  EXPECT_THAT(old.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_HEARTBEAT,
                                       Response::KIND_CHANGE));
}

TEST_F(WatchHubTest, WhatWasCountedHereIsNotForgottenWhileTheDatabaseIsAway) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(2));
  database = rpc::Unavailable("DATABASE_UNAVAILABLE", "away", Seconds(1));
  CountHere();
  Pass(Seconds(1));
  database = absl::OkStatus();
  Pass(Seconds(1));
  EXPECT_THAT(stream.Kinds(), ElementsAre(Response::KIND_SNAPSHOT, Response::KIND_CHANGE));
}

TEST_F(WatchHubTest, WhatNobodyTellsIsSeenWithTheNextHeartbeat) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  Pass(Seconds(1));
  ++orders[CivilDay(2026, 3, 1)];
  Pass(Seconds(10));
  EXPECT_EQ(stream.messages.back()->day().orders_created(), 1);
}

TEST_F(WatchHubTest, EndsAllStreamsWhenTheServiceStops) {
  FakeStream stream;
  ASSERT_TRUE(hub.Add(Today(), stream).ok());
  hub.Step();
  hub.Close();
  EXPECT_EQ(stream.ended->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stream.Reason(), "STOPPING");
  FakeStream late;
  EXPECT_EQ(hub.Add(Today(), late).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tally::activity
