#include "client/audit/lane_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tally::client {
namespace {

using ops::v1::Lane;
using ops::v1::Watermark;

Watermark Covered(int64_t through, const std::vector<std::pair<int64_t, int64_t>>& ranges = {}) {
  Watermark watermark;
  watermark.set_applied_through(through);
  int64_t covered = through;
  int64_t highest = through;
  for (const auto& [first, last] : ranges) {
    ops::v1::CoveredRange& range = *watermark.add_ranges();
    range.set_first_sequence(first);
    range.set_last_sequence(last);
    covered += last - first + 1;
    highest = last;
  }
  watermark.set_range_count(watermark.ranges_size());
  watermark.set_covered_events(covered);
  watermark.set_highest_sequence(highest);
  return watermark;
}

Lane Written(int64_t head, int64_t published, bool open = false) {
  Lane lane;
  lane.set_lane_id("a lane");
  lane.set_state(open ? Lane::STATE_OPEN : Lane::STATE_CLOSED);
  lane.set_head_sequence(head);
  lane.set_published_through(published);
  return lane;
}

class LaneLedgerTest : public testing::Test {
 protected:
  LaneEntry Note(const Watermark& watermark, const Lane& lane) {
    EXPECT_TRUE(ledger.Note("a", &watermark, &lane));
    return ledger.Total();
  }

  LaneLedger ledger{false};
};

TEST_F(LaneLedgerTest, ALaneThatIsCoveredMatchesAndIsAddedUp) {
  EXPECT_TRUE(Note(Covered(7), Written(7, 7)).matches());
  EXPECT_TRUE(ledger.entries().empty());
  EXPECT_EQ(ledger.other_lanes(), 1);
  EXPECT_EQ(ledger.others().covered, 7);
}

TEST_F(LaneLedgerTest, TellsWhatIsNotCoveredApart) {
  Lane lane = Written(10, 8);
  lane.set_parked_events(1);
  const LaneEntry entry = Note(Covered(3, {{6, 6}}), lane);  // 4, 5, 7, 8 published; 9, 10 not
  EXPECT_EQ(entry.covered, 4);
  EXPECT_EQ(entry.parked, 1);
  EXPECT_EQ(entry.missing, 3);
  EXPECT_EQ(entry.unpublished, 2);
  EXPECT_EQ(entry.lost, 0);
  EXPECT_TRUE(entry.may_settle());
}

TEST_F(LaneLedgerTest, WhatArrivedBeforeTheCursorRoseIsNotCountedTwice) {
  const LaneEntry entry = Note(Covered(10), Written(10, 4));
  EXPECT_TRUE(entry.matches());
  EXPECT_EQ(entry.unpublished, 0);
}

TEST_F(LaneLedgerTest, LettersAreCoveredAndDoNotMatchUnlessGivenUp) {
  Watermark watermark = Covered(5);
  watermark.set_letters(3);
  watermark.set_retrying_letters(1);
  watermark.set_dead_letters(1);
  watermark.set_skipped_events(1);
  const LaneEntry entry = Note(watermark, Written(5, 5));
  EXPECT_EQ(entry.retrying, 1);
  EXPECT_EQ(entry.dead, 1);
  EXPECT_EQ(entry.given_up, 2);
  EXPECT_FALSE(entry.matches());
  watermark.set_letters(1);
  watermark.set_retrying_letters(0);
  watermark.set_dead_letters(0);
  EXPECT_TRUE(Note(watermark, Written(5, 5)).matches());
}

TEST_F(LaneLedgerTest, WhatTheProducerDoesNotKnowIsLost) {
  EXPECT_EQ(Note(Covered(3, {{9, 10}}), Written(5, 5)).lost, 2);
  const Watermark watermark = Covered(4);
  EXPECT_TRUE(ledger.Note("b", &watermark, nullptr));
  EXPECT_EQ(ledger.entries().at("b").lost, 4);
  EXPECT_FALSE(ledger.entries().at("b").known_to_producer);
  EXPECT_FALSE(ledger.entries().at("b").may_settle());
}

TEST_F(LaneLedgerTest, WhatWasLostAndIsAcceptedMatches) {
  Watermark watermark = Covered(10);
  watermark.set_accepted_events(3);
  EXPECT_EQ(Note(watermark, Written(5, 5)).lost, 2);
  watermark.set_accepted_events(5);
  EXPECT_TRUE(Note(watermark, Written(5, 5)).matches());
}

TEST_F(LaneLedgerTest, ALaneNeverHeardOfIsMissing) {
  const Lane lane = Written(4, 4);
  EXPECT_TRUE(ledger.Note("a", nullptr, &lane));
  EXPECT_EQ(ledger.Total().missing, 4);
}

TEST_F(LaneLedgerTest, FollowsALaneAsFarAsItWasWrittenAtFirst) {
  EXPECT_EQ(Note(Covered(5), Written(8, 8, true)).missing, 3);
  ledger.EndWalk();
  EXPECT_EQ(Note(Covered(6, {{9, 20}}), Written(30, 30, true)).missing, 2);
  const LaneEntry settled = Note(Covered(8, {{10, 25}}), Written(40, 35, true));
  EXPECT_TRUE(settled.matches());
  EXPECT_EQ(settled.written, 8);
  EXPECT_EQ(Note(Covered(8), Written(50, 50, true)).written, 8) << "followed no more";
  const Lane later = Written(3, 3, true);
  EXPECT_TRUE(ledger.Note("b", nullptr, &later));
  EXPECT_TRUE(ledger.Total().matches()) << "a lane opened since is for the next audit";
}

TEST_F(LaneLedgerTest, AsksForRangesThatAreNotAllThere) {
  Watermark watermark = Covered(3, {{6, 6}});
  watermark.set_range_count(2);
  const Lane lane = Written(10, 10);
  EXPECT_FALSE(ledger.Note("a", &watermark, &lane));
  const Lane shorter = Written(6, 6);
  EXPECT_TRUE(ledger.Note("a", &watermark, &shorter));
}

}  // namespace
}  // namespace tally::client
