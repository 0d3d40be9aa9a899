#include "common/base/uuid_v7_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace tally::base {
namespace {

int64_t Millis(const Uuid& uuid) {
  int64_t millis = 0;
  for (int i = 0; i < 6; ++i) millis = millis << 8 | uuid.bytes()[i];
  return millis;
}

int Counter(const Uuid& uuid) { return (uuid.bytes()[6] & 0x0f) << 8 | uuid.bytes()[7]; }

std::vector<uint8_t> RandomPart(const Uuid& uuid) {
  return {uuid.bytes().begin() + 8, uuid.bytes().end()};
}

const absl::Time kStart = absl::FromUnixMillis(1'700'000'000'123);

TEST(UuidV7SourceTest, HasTheFieldsOfVersion7) {
  ManualClock clock(kStart);
  UuidV7Source source(clock);
  for (int i = 0; i < 100; ++i) {
    const Uuid uuid = source.Next();
    EXPECT_EQ(Millis(uuid), 1'700'000'000'123);
    EXPECT_EQ(uuid.bytes()[6] >> 4, 7);
    EXPECT_EQ(uuid.bytes()[8] >> 6, 0b10);
  }
}

TEST(UuidV7SourceTest, CountsWithinAMillisecond) {
  ManualClock clock(kStart);
  UuidV7Source source(clock);
  const int first = Counter(source.Next());
  EXPECT_LT(first, 2'048);
  EXPECT_EQ(Counter(source.Next()), first + 1);
  EXPECT_EQ(Counter(source.Next()), first + 2);
}

TEST(UuidV7SourceTest, GrowsWhenTheClockStepsBackOrTheCounterIsFull) {
  ManualClock clock(kStart);
  UuidV7Source source(clock);
  Uuid last = source.Next();
  for (int i = 0; i < 20'000; ++i) {
    if (i == 100) clock.Advance(-absl::Hours(1));
    if (i == 15'000) clock.Advance(absl::Hours(1));
    const Uuid next = source.Next();
    ASSERT_LT(last, next) << i;
    last = next;
  }
  EXPECT_GE(Millis(last), absl::ToUnixMillis(kStart) + 4);
  EXPECT_LE(Millis(last), absl::ToUnixMillis(kStart) + 10);
}

TEST(UuidV7SourceTest, ReturnsToTheClockWhenItHasCaughtUp) {
  ManualClock clock(kStart);
  UuidV7Source source(clock);
  source.Next();
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Millis(source.Next()), absl::ToUnixMillis(kStart) + 1'000);
}

TEST(UuidV7SourceTest, HoldsBeforeTheEpoch) {
  ManualClock clock(absl::InfinitePast());
  UuidV7Source source(clock);
  EXPECT_EQ(Millis(source.Next()), 0);
}

TEST(UuidV7SourceTest, DiffersBetweenSourcesAndRepeatsBySeed) {
  ManualClock clock(kStart);
  UuidV7Source one(clock);
  UuidV7Source other(clock);
  EXPECT_NE(RandomPart(one.Next()), RandomPart(other.Next()));
  std::seed_seq seed = {42};
  UuidV7Source seeded(clock, absl::BitGen(seed));
  UuidV7Source seeded_again(clock, absl::BitGen(seed));
  EXPECT_EQ(seeded.Next(), seeded_again.Next());
}

// Sees two threads inside the source at once, which reads its clock while it is locked.
class WatchingClock final : public Clock {
 public:
  absl::Time Now() override {
    EXPECT_FALSE(occupied_.exchange(true));
    std::this_thread::yield();
    occupied_ = false;
    return kStart;
  }

 private:
  std::atomic<bool> occupied_ = false;
};

TEST(UuidV7SourceTest, IsUniqueAndGrowsInEveryThread) {
  WatchingClock clock;
  UuidV7Source source(clock);
  std::vector<std::vector<Uuid>> made(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<Uuid>& mine : made) {
      threads.emplace_back([&source, &mine] {
        for (int i = 0; i < 5'000; ++i) mine.push_back(source.Next());
      });
    }
  }
  absl::flat_hash_set<Uuid> all;
  for (const std::vector<Uuid>& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 20'000u);
}

}  // namespace
}  // namespace tally::base
