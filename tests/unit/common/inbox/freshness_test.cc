#include "common/inbox/freshness.h"

#include <gtest/gtest.h>

namespace tally::inbox {
namespace {

absl::Time At(int second) { return absl::FromUnixSeconds(second); }

bus::DurableState State(int64_t floor, int64_t pending, int64_t ack_pending) {
  bus::DurableState state;
  state.ack_floor_stream_sequence = floor;
  state.pending = pending;
  state.ack_pending = ack_pending;
  return state;
}

TEST(FreshnessTest, IsUnknownUntilTheDurableWasSeen) {
  Freshness freshness;
  freshness.Covered(5, At(100));
  EXPECT_EQ(freshness.as_of(), absl::InfinitePast());
}

// What the stream took just before the question may not be in the answer.
absl::Time JustBefore(int second) { return At(second) - absl::Milliseconds(100); }

TEST(FreshnessTest, IsJustBeforeTheQuestionWhenNothingWaits) {
  Freshness freshness;
  freshness.Saw(At(100), State(0, 0, 0));
  EXPECT_EQ(freshness.as_of(), JustBefore(100));
}

TEST(FreshnessTest, StandsStillWhileSomethingWaitsAnywhere) {
  Freshness freshness;
  freshness.Saw(At(100), State(0, 0, 0));
  freshness.Saw(At(101), State(0, 1, 0));
  freshness.Saw(At(102), State(0, 0, 1));
  EXPECT_EQ(freshness.as_of(), JustBefore(100));
}

TEST(FreshnessTest, UnderLoadFollowsTheFloorNotWhatWasCoveredHere) {
  Freshness freshness;
  freshness.Covered(10, At(100));
  freshness.Covered(20, At(110));
  freshness.Covered(30, At(120));
  freshness.Saw(At(130), State(25, 7, 7));
  EXPECT_EQ(freshness.as_of(), At(110));
  freshness.Saw(At(131), State(30, 7, 7));
  EXPECT_EQ(freshness.as_of(), At(120));
}

TEST(FreshnessTest, NeverGoesBackNorAheadOfTheQuestion) {
  Freshness freshness;
  freshness.Saw(At(100), State(0, 0, 0));
  freshness.Covered(1, At(50));
  freshness.Saw(At(101), State(1, 1, 0));
  EXPECT_EQ(freshness.as_of(), JustBefore(100));
  freshness.Covered(2, At(500));
  freshness.Saw(At(102), State(2, 1, 0));
  EXPECT_EQ(freshness.as_of(), At(102));
}

TEST(FreshnessTest, ANewStreamsFloorSaysNothingAboutTheOldOnesDeliveries) {
  Freshness freshness;
  freshness.Covered(10, At(100));
  freshness.Restart();
  freshness.Saw(At(130), State(50, 1, 0));
  EXPECT_EQ(freshness.as_of(), absl::InfinitePast());
}

}  // namespace
}  // namespace tally::inbox
