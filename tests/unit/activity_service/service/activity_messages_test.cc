#include "activity_service/service/activity_messages.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using absl::CivilDay;

base::Money Money(absl::string_view currency, int64_t units, int64_t nanos = 0) {
  return base::Money::Create(currency, units, nanos).value();
}

v1::DailyActivity MakeDay(const char* zone, CivilDay date, const DayTotals& totals = {}) {
  v1::DailyActivity message;
  EXPECT_OK(ToMessage({date, zone, base::DayBounds(date, base::LoadTimeZone(zone).value())}, totals,
                      message));
  return message;
}

int64_t Minutes(const v1::DailyActivity& day) {
  return (day.end_time().seconds() - day.start_time().seconds()) / 60;
}

TEST(DailyActivityTest, HasCreatedCancelledAndNetOfEveryCurrency) {
  const DayTotals totals = {
      {"orders.cancelled", {2, {{"EUR", Money("EUR", 3)}, {"GBP", Money("GBP", 1, 500'000'000)}}}},
      {"orders.created", {5, {{"GBP", Money("GBP", 1)}, {"JPY", Money("JPY", 900)}}}},
      {"refunds", {1, {}}},
  };
  v1::DailyActivity expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        date { year: 2010 month: 12 day: 1 }
        time_zone: "UTC"
        start_time { seconds: 1291161600 }
        end_time { seconds: 1291248000 }
        orders_created: 5
        orders_cancelled: 2
        orders_net: 3
        revenue {
          currency: "EUR"
          created { currency_code: "EUR" }
          cancelled { currency_code: "EUR" units: 3 }
          net { currency_code: "EUR" units: -3 }
        }
        revenue {
          currency: "GBP"
          created { currency_code: "GBP" units: 1 }
          cancelled { currency_code: "GBP" units: 1 nanos: 500000000 }
          net { currency_code: "GBP" nanos: -500000000 }
        }
        revenue {
          currency: "JPY"
          created { currency_code: "JPY" units: 900 }
          cancelled { currency_code: "JPY" }
          net { currency_code: "JPY" units: 900 }
        }
        activities {
          activity: "orders.cancelled"
          count: 2
          amounts { currency_code: "EUR" units: 3 }
          amounts { currency_code: "GBP" units: 1 nanos: 500000000 }
        }
        activities {
          activity: "orders.created"
          count: 5
          amounts { currency_code: "GBP" units: 1 }
          amounts { currency_code: "JPY" units: 900 }
        }
        activities { activity: "refunds" count: 1 }
      )pb",
      &expected));
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, MakeDay("UTC", CivilDay(2010, 12, 1), totals)))
      << difference;
}

TEST(DailyActivityTest, AnEmptyDayIsZerosAndEmptyLists) {
  const v1::DailyActivity day = MakeDay("UTC", CivilDay(2010, 12, 1));
  EXPECT_EQ(day.orders_created(), 0);
  EXPECT_EQ(day.orders_net(), 0);
  EXPECT_EQ(day.revenue_size(), 0);
  EXPECT_EQ(day.activities_size(), 0);
}

TEST(DailyActivityTest, DaysAreAsLongAsTheZoneMakesThem) {
  EXPECT_EQ(Minutes(MakeDay("Europe/London", CivilDay(2010, 3, 28))), 23 * 60);
  EXPECT_EQ(Minutes(MakeDay("Europe/London", CivilDay(2010, 10, 31))), 25 * 60);
  EXPECT_EQ(Minutes(MakeDay("Australia/Lord_Howe", CivilDay(2010, 10, 3))), 23 * 60 + 30);
  EXPECT_EQ(Minutes(MakeDay("Pacific/Apia", CivilDay(2011, 12, 30))), 0);
}

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::Freshness MakeFreshness(const inbox::Progress& progress, const inbox::Shortfall& shortfall) {
  v1::Freshness message;
  ToMessage(progress, shortfall, kNow, message);
  return message;
}

TEST(FreshnessTest, WithoutTheBusNothingIsPending) {
  const v1::Freshness freshness = MakeFreshness({}, {});
  EXPECT_EQ(freshness.completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_FALSE(freshness.has_as_of());
  EXPECT_FALSE(freshness.has_lag());
  EXPECT_FALSE(freshness.has_pending_events());
}

TEST(FreshnessTest, TellsHowFarCountingIs) {
  const v1::Freshness freshness =
      MakeFreshness({.connected = true, .as_of = kNow - absl::Milliseconds(1500), .pending = 7},
                    {.letters_retrying = 3});
  EXPECT_EQ(freshness.as_of().seconds(), 1'699'999'998);
  EXPECT_EQ(freshness.as_of().nanos(), 500'000'000);
  EXPECT_EQ(freshness.lag().seconds(), 1);
  EXPECT_EQ(freshness.lag().nanos(), 500'000'000);
  EXPECT_EQ(freshness.pending_events(), 7);
  EXPECT_EQ(freshness.retrying_letters(), 3);
}

TEST(FreshnessTest, LagIsNeverNegative) {
  const v1::Freshness freshness =
      MakeFreshness({.connected = true, .as_of = kNow + absl::Seconds(2)}, {});
  EXPECT_EQ(freshness.lag().seconds(), 0);
  EXPECT_EQ(freshness.lag().nanos(), 0);
}

// All is counted, and everybody was asked lately.
inbox::Progress Idle() {
  return {.connected = true, .as_of = kNow - absl::Seconds(1), .producers_answered = kNow};
}
const inbox::Shortfall kNothingMissing = {.compared_all = kNow - absl::Minutes(30)};

v1::Freshness::Completeness CompletenessOf(const inbox::Progress& progress,
                                           const inbox::Shortfall& shortfall = kNothingMissing) {
  return MakeFreshness(progress, shortfall).completeness();
}

TEST(FreshnessTest, IsCompleteWhenEverybodyWasAskedAndNothingIsMissing) {
  EXPECT_EQ(CompletenessOf(Idle()), v1::Freshness::COMPLETENESS_COMPLETE);
}

TEST(FreshnessTest, IsCatchingUpWhileAnythingIsOnItsWay) {
  inbox::Progress pending = Idle();
  pending.pending = 1;
  EXPECT_EQ(CompletenessOf(pending), v1::Freshness::COMPLETENESS_CATCHING_UP);
  inbox::Progress unpublished = Idle();
  unpublished.behind_producers = true;
  EXPECT_EQ(CompletenessOf(unpublished), v1::Freshness::COMPLETENESS_CATCHING_UP);
  inbox::Shortfall retrying = kNothingMissing;
  retrying.letters_retrying = 1;
  EXPECT_EQ(CompletenessOf(Idle(), retrying), v1::Freshness::COMPLETENESS_CATCHING_UP);
}

TEST(FreshnessTest, IsUnknownWhenSomebodyWasNotAskedLately) {
  inbox::Progress no_bus = Idle();
  no_bus.connected = false;
  EXPECT_EQ(CompletenessOf(no_bus), v1::Freshness::COMPLETENESS_UNKNOWN);
  inbox::Progress silent = Idle();
  silent.producers_answered = kNow - absl::Minutes(1);
  EXPECT_EQ(CompletenessOf(silent), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_EQ(CompletenessOf(Idle(), {}), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_EQ(CompletenessOf({.connected = true, .as_of = kNow}),
            v1::Freshness::COMPLETENESS_UNKNOWN);
}

TEST(FreshnessTest, MissingAndParkedEventsMakeItIncompleteWhateverElse) {
  inbox::Shortfall missing;
  missing.missing_events = 7;
  const v1::Freshness freshness = MakeFreshness({}, missing);
  EXPECT_EQ(freshness.completeness(), v1::Freshness::COMPLETENESS_INCOMPLETE);
  EXPECT_EQ(freshness.missing_events(), 7);
  inbox::Shortfall parked = kNothingMissing;
  parked.parked_events = 2;
  EXPECT_EQ(CompletenessOf(Idle(), parked), v1::Freshness::COMPLETENESS_INCOMPLETE);
  EXPECT_EQ(MakeFreshness(Idle(), parked).parked_events(), 2);
}

TEST(FreshnessTest, ManyLettersAreCountedNowAndThen) {
  inbox::Progress progress = Idle();
  progress.letters_dead = 5'000;
  EXPECT_EQ(MakeFreshness(progress, {.letters_dead = 999}).dead_letters(), 999);
  EXPECT_EQ(MakeFreshness(progress, {.letters_dead = 1'000}).dead_letters(), 5'000);
}

TEST(FreshnessTest, DeadLettersMakeItIncomplete) {
  const v1::Freshness freshness = MakeFreshness({}, {.letters_dead = 2});
  EXPECT_EQ(freshness.completeness(), v1::Freshness::COMPLETENESS_INCOMPLETE);
  EXPECT_EQ(freshness.dead_letters(), 2);
}

}  // namespace
}  // namespace tally::activity
