#include "common/outbox/handover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::outbox {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<OutboxEvent> Events(int64_t first, int64_t last) {
  std::vector<OutboxEvent> events;
  for (int64_t s = first; s <= last; ++s) events.push_back({.sequence = s, .payload = "12345"});
  return events;
}

class HandoverTest : public testing::Test {
 protected:
  int wakes_ = 0;
  size_t each_ = Events(1, 1)[0].bytes();
  Handover handover_{3 * each_, [this] { ++wakes_; }};
};

TEST_F(HandoverTest, TellsOfEachLaneItsHighestHead) {
  handover_.Opened("a");
  EXPECT_EQ(wakes_, 0) << "there is nothing to publish yet";
  handover_.Committed("a", 1, Events(1, 1));
  handover_.Committed("b", 7, {});
  handover_.Committed("a", 2, Events(2, 2));
  handover_.Closed("b", 7);
  EXPECT_EQ(wakes_, 4);
  const auto news = handover_.Take();
  ASSERT_THAT(news, SizeIs(2));
  EXPECT_TRUE(news.at("a").opened);
  EXPECT_FALSE(news.at("a").closed);
  EXPECT_EQ(news.at("a").head, 2);
  EXPECT_THAT(news.at("a").events,
              ElementsAre(Field(&OutboxEvent::sequence, 1), Field(&OutboxEvent::sequence, 2)));
  EXPECT_FALSE(news.at("b").opened);
  EXPECT_TRUE(news.at("b").closed);
  EXPECT_TRUE(handover_.empty());
}

TEST_F(HandoverTest, DropsEventsThatDoNotFitButNeverTheHead) {
  handover_.Committed("a", 5, Events(1, 5));
  auto news = handover_.Take();
  EXPECT_EQ(news.at("a").head, 5);
  EXPECT_THAT(news.at("a").events, SizeIs(3));
  handover_.Committed("a", 6, Events(6, 6));
  EXPECT_THAT(handover_.Take().at("a").events, IsEmpty()) << "taken, but not given back";
  handover_.Release(each_);
  handover_.Committed("a", 8, Events(7, 8));
  EXPECT_THAT(handover_.Take().at("a").events, ElementsAre(Field(&OutboxEvent::sequence, 7)));
}

}  // namespace
}  // namespace tally::outbox
