#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "tests/integration/activity_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using absl::CivilDay;

base::TimeInterval UtcDay(CivilDay day) { return base::DayBounds(day, absl::UTCTimeZone()); }

class CounterTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
  }
  std::unique_ptr<Instance> instance;
};
INSTANTIATE_ON_EVERY_DATABASE(CounterTest);

// Two years of orders, in lanes of which deliveries come repeated and in any order.
std::vector<bus::Event> RandomEvents(int count) {
  std::mt19937 random(20101201);
  const auto pick = [&](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  std::vector<bus::Event> events;
  for (int i = 0; i < count; ++i) {
    const absl::Time time = kMorning + absl::Seconds(pick(0, 2 * 365 * 86'400));
    const base::Money total =
        Money(pick(0, 3) == 0 ? "EUR" : "GBP", pick(0, 5000), int64_t{pick(0, 99)} * 10'000'000);
    const int lane = i % 5 + 1;
    events.push_back(pick(0, 4) == 0 ? Cancelled(lane, i / 5 + 1, time, total)
                                     : Created(lane, i / 5 + 1, time, total));
  }
  return events;
}

// What the events come to in an interval, worked out one by one.
std::map<std::string, std::pair<int64_t, std::map<std::string, base::Money>>> NaiveSum(
    const std::vector<bus::Event>& events, const base::TimeInterval& interval) {
  std::map<std::string, std::pair<int64_t, std::map<std::string, base::Money>>> sums;
  for (const bus::Event& event : events) {
    if (event.time < interval.start || event.time >= interval.end) continue;
    const bool created = event.type == "tally.events.v1.OrderCreated";
    const auto contributions =
        created ? OrdersCreated().Read(event) : OrdersCancelled().Read(event);
    auto& [count, amounts] = sums[created ? "orders.created" : "orders.cancelled"];
    const base::Money& amount = *contributions->front().amount;
    ++count;
    auto& sum = amounts.try_emplace(amount.currency(), Money(amount.currency(), 0)).first->second;
    sum = base::Add(sum, amount).value();
  }
  return sums;
}

TEST_P(CounterTest, EveryDayOfEveryZoneIsRightToThePenny) {
  const std::vector<bus::Event> events = RandomEvents(4000);
  std::vector<bus::Event> stream = events;
  stream.insert(stream.end(), events.begin(), events.end());
  std::shuffle(stream.begin(), stream.end(), std::mt19937(7));
  int64_t applied = 0;
  for (size_t from = 0; from < stream.size(); from += 500) {
    ASSERT_OK_AND_ASSIGN(const auto received,
                         instance->Receive({stream.begin() + from,
                                            stream.begin() + std::min(from + 500, stream.size())}));
    applied += received.applied;
  }
  EXPECT_EQ(applied, static_cast<int64_t>(events.size()));

  for (const char* zone : {"UTC", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"}) {
    std::vector<base::TimeInterval> days;
    for (CivilDay day(2011, 2, 1); day < CivilDay(2012, 3, 1); ++day) {
      days.push_back(base::DayBounds(day, base::LoadTimeZone(zone).value()));
    }
    const std::vector<DayTotals> sums = instance->Sum(days);
    ASSERT_EQ(sums.size(), days.size());
    for (size_t i = 0; i < days.size(); ++i) {
      const auto naive = NaiveSum(events, days[i]);
      ASSERT_EQ(sums[i].size(), naive.size()) << zone << " " << days[i].start;
      for (const auto& [activity, total] : sums[i]) {
        EXPECT_EQ(std::pair(total.count, total.amounts), naive.at(activity))
            << zone << " " << days[i].start << " " << activity;
      }
    }
  }
}

TEST_P(CounterTest, AnEmptyDayHasNothing) {
  EXPECT_TRUE(instance->Sum({UtcDay(CivilDay(2010, 12, 1))}).front().empty());
}

TEST_P(CounterTest, AnEventThatCannotBeDecodedHoldsNobodyUp) {
  bus::Event noise = Created(1, 2, kMorning, Money("GBP", 1));
  noise.payload = "\xff\xff";
  ASSERT_OK_AND_ASSIGN(const auto received,
                       instance->Receive({Created(1, 1, kMorning, Money("GBP", 1)), noise,
                                          Created(1, 3, kMorning, Money("GBP", 1))}));
  EXPECT_EQ(received.applied, 2);
  EXPECT_EQ(instance->Letters().dead, 1);
  EXPECT_EQ(instance->Sum({UtcDay(CivilDay(2010, 12, 1))})[0]["orders.created"].count, 2);
}

TEST_P(CounterTest, KnownTypesThatNoActivityReadsAreIgnored) {
  ASSERT_OK_AND_ASSIGN(
      const auto received,
      instance->Receive({testkit::MakeEvent(1, 1, "", "tally.events.v1.OrderSnapshot")}));
  EXPECT_EQ(received.ignored, 1);
  EXPECT_EQ(instance->Letters().retrying, 0);
}

TEST_P(CounterTest, TypesOfANewerProducerAreTriedAgainLater) {
  ASSERT_OK(instance->Receive({testkit::MakeEvent(1, 1, "", "tally.events.v1.OrderPraised"),
                               testkit::MakeEvent(1, 2, "", "tally.events.v2.OrderCreated")}));
  EXPECT_EQ(instance->Letters().retrying, 2);
}

// SQLite would go on with floating point, PostgreSQL reports it: here both keep what they have.
TEST_P(CounterTest, ASumThatDoesNotFitIsALetterAndChangesNothing) {
  constexpr int64_t kHuge = 4'000'000'000'000'000'000;
  ASSERT_OK(instance->Receive({Created(1, 1, kMorning, Money("GBP", kHuge, 10'000'000))}));
  ASSERT_OK_AND_ASSIGN(const auto received,
                       instance->Receive({Created(1, 2, kMorning, Money("GBP", kHuge)),
                                          Created(1, 3, kMorning, Money("GBP", 1)),
                                          Created(1, 4, kMorning, Money("EUR", 1))}));
  EXPECT_EQ(received.applied, 2);
  EXPECT_EQ(instance->Letters().retrying, 1);
  const ActivityTotal total = instance->Sum({UtcDay(CivilDay(2010, 12, 1))})[0]["orders.created"];
  EXPECT_EQ(total.count, 3);
  EXPECT_EQ(total.amounts.at("GBP"), Money("GBP", kHuge + 1, 10'000'000));
}

// Batches so large that two statements are under way at the same time.
TEST(CounterReplicasTest, AddToTheSameBucketsWithoutDeadlock) {
  constexpr int kBatches = 6;
  constexpr int kEvents = 2000;
  const std::string url = testkit::PostgresKind().MakeUrl().value();
  Instance replicas[] = {Instance(url), Instance(url)};
  const auto run = [](Instance& replica, int lane) {
    std::mt19937 random(lane);
    for (int batch = 0; batch < kBatches; ++batch) {
      std::vector<bus::Event> events;
      for (int i = 1; i <= kEvents; ++i) {
        const absl::Time time = kMorning + absl::Minutes(15) * i;
        events.push_back(Created(lane, batch * kEvents + i, time, Money("GBP", 1, 10'000'000)));
      }
      std::shuffle(events.begin(), events.end(), random);
      EXPECT_OK(replica.Receive(events));
    }
  };
  std::thread other(run, std::ref(replicas[1]), 2);
  run(replicas[0], 1);
  other.join();
  const ActivityTotal total =
      replicas[0].Sum({{kMorning, kMorning + absl::Hours(24 * 30)}})[0]["orders.created"];
  EXPECT_EQ(total.count, 2 * kBatches * kEvents);
  EXPECT_EQ(total.amounts.at("GBP"), Money("GBP", 24'240));
}

}  // namespace
}  // namespace tally::activity
