#include "common/outbox/lane_outbound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace tally::outbox {
namespace {

using base::SequenceRange;
using testing::Eq;
using testing::Optional;

void Send(LaneOutbound& lane, SequenceRange run) {
  for (int64_t s = run.first; s <= run.last; ++s) lane.Sent(s);
}

TEST(LaneOutboundTest, SendsFromTheCursorToTheHead) {
  LaneOutbound lane(10, 15, 100);
  EXPECT_FALSE(lane.done());
  EXPECT_THAT(lane.NextRun(3), Optional(Eq(SequenceRange{11, 13})));
  Send(lane, {11, 13});
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{14, 15})));
  Send(lane, {14, 15});
  EXPECT_EQ(lane.NextRun(100), std::nullopt);
  lane.set_head(16);
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{16, 16})));
}

TEST(LaneOutboundTest, IsPublishedThroughTheFirstGap) {
  LaneOutbound lane(0, 4, 100);
  Send(lane, {1, 4});
  lane.Published(2);
  lane.Published(4);
  EXPECT_EQ(lane.published_through(), 0);
  EXPECT_EQ(lane.ThroughIfPublished(1), 2);
  EXPECT_EQ(lane.ThroughIfPublished(3), 0);
  lane.Published(1);
  EXPECT_EQ(lane.published_through(), 2);
  lane.Published(3);
  lane.Published(3);
  EXPECT_EQ(lane.published_through(), 4);
  EXPECT_TRUE(lane.done());
}

TEST(LaneOutboundTest, SendsAgainOnlyWhatIsNeitherUnderWayNorPublished) {
  LaneOutbound lane(0, 6, 100);
  EXPECT_TRUE(lane.Sent(1));
  Send(lane, {2, 5});
  lane.Published(3);
  lane.SendAgain(2);
  lane.SendAgain(3);
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{2, 2})));
  EXPECT_FALSE(lane.Sent(2)) << "it was sent before";
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{6, 6})));
  EXPECT_TRUE(lane.Sent(6));
}

TEST(LaneOutboundTest, GoesPastAnEventThatIsHeldAsFarAsTheWindow) {
  LaneOutbound lane(0, 100, 10);
  Send(lane, {1, 10});
  lane.Hold(1);
  for (int64_t s = 2; s <= 10; ++s) lane.Published(s);
  EXPECT_EQ(lane.NextRun(100), std::nullopt);
  EXPECT_EQ(lane.ThroughIfPublished(1), 10);
  lane.SendAgain(1);
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{1, 1})));
  lane.Sent(1);
  lane.Published(1);
  EXPECT_THAT(lane.NextRun(100), Optional(Eq(SequenceRange{11, 20})));
}

TEST(LaneOutboundTest, IsDoneWhenItsHeadTurnsOutLower) {
  LaneOutbound lane(0, 10, 100);
  Send(lane, {1, 10});
  for (int64_t s = 1; s <= 10; ++s) lane.Published(s);
  lane.set_head(7);
  EXPECT_TRUE(lane.done());
  EXPECT_EQ(lane.NextRun(100), std::nullopt);
}

// Against a plain map of states: whatever the bus does, nothing is forgotten and nothing is sent
// twice at a time.
TEST(LaneOutboundTest, AgreesWithAPlainMap) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto pick = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  constexpr int64_t kHead = 300, kWindow = 20;
  LaneOutbound lane(0, kHead, kWindow);
  enum class State { kToSend, kInFlight, kHeld, kPublished };
  std::map<int64_t, State> plain;
  for (int64_t s = 1; s <= kHead; ++s) plain[s] = State::kToSend;
  const auto through = [&] {
    int64_t s = 0;
    while (s < kHead && plain[s + 1] == State::kPublished) ++s;
    return s;
  };
  for (int step = 0; step < 100'000 && through() < kHead; ++step) {
    const int64_t sequence = through() + 1 + pick(kWindow);
    const bool known = sequence <= kHead && plain[sequence] != State::kToSend;
    switch (pick(5)) {
      case 0:
        if (const auto run = lane.NextRun(1 + pick(5)); run.has_value()) {
          for (int64_t s = 1; s < run->first; ++s) EXPECT_NE(plain[s], State::kToSend) << s;
          for (int64_t s = run->first; s <= run->last; ++s) {
            ASSERT_EQ(plain[s], State::kToSend) << s;
            lane.Sent(s);
            plain[s] = State::kInFlight;
          }
        }
        break;
      case 1:
      case 2:
        if (known && plain[sequence] == State::kInFlight) {
          lane.Published(sequence);
          plain[sequence] = State::kPublished;
        }
        break;
      case 3:
        if (known && plain[sequence] != State::kPublished) {
          lane.SendAgain(sequence);
          plain[sequence] = State::kToSend;
        }
        break;
      case 4:
        if (known && plain[sequence] == State::kInFlight) {
          lane.Hold(sequence);
          plain[sequence] = State::kHeld;
        }
        break;
    }
    ASSERT_EQ(lane.published_through(), through());
  }
  EXPECT_TRUE(lane.done());
}

TEST(LaneOutboundTest, LeavesOutWhatWasPublishedElsewhere) {
  LaneOutbound lane(0, 10, 100);
  for (int64_t sequence = 1; sequence <= 5; ++sequence) lane.Sent(sequence);
  lane.Published(4);
  lane.PublishedElsewhere(3);
  EXPECT_EQ(lane.published_through(), 4);
  lane.SendAgain(2);  // what became of it comes late
  EXPECT_EQ(lane.NextRun(10), (base::SequenceRange{6, 10}));
  lane.PublishedElsewhere(7);
  EXPECT_EQ(lane.NextRun(10), (base::SequenceRange{8, 10}));
  lane.PublishedElsewhere(99);
  EXPECT_TRUE(lane.done());
}

}  // namespace
}  // namespace tally::outbox
