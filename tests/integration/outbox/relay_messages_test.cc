#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/outbox/relay_test_case.h"

namespace tally::outbox {
namespace {

using testing::SizeIs;

// Several events in a message.
class RelayMessagesTest : public testing::TestWithParam<testkit::DatabaseKind>,
                          protected RelayTestCase {
 protected:
  RelayMessagesTest() {
    one_subject_ = true;
    options_.message_events_max = 128;
  }
  void SetUp() override { ASSERT_OK(OpenDatabase(GetParam())); }
  void TearDown() override { relay_.reset(); }  // before its bus
};
INSTANTIATE_ON_EVERY_DATABASE(RelayMessagesTest);

TEST_P(RelayMessagesTest, WhatWaitsTogetherTravelsTogether) {
  Start();
  const std::string lane = OwnLane(300);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 300); }));
  EXPECT_EQ(StreamMessages(), 3);
  EXPECT_EQ(Counter("tally_relay_published_total"), 300);
  const std::vector<bus::Event> stream = ReadStream(300);
  for (size_t i = 0; i < stream.size(); ++i) {
    ASSERT_EQ(stream[i].Id(), absl::StrCat(lane, "/", i + 1));
  }
  EXPECT_EQ(stream[299].payload, "payload");
  EXPECT_EQ(stream[299].subject, "notes.written");
  EXPECT_EQ(stream[299].type, "test.v1.Note");
  EXPECT_FALSE(stream[299].traceparent.empty());
}

TEST_P(RelayMessagesTest, RestsLongerWhereMessagesFill) {
  options_.pace = {.rest = absl::Milliseconds(1), .rest_max = absl::Hours(1)};
  Start();
  EXPECT_EQ(relay_->pace(), options_.pace.rest);
  const std::string lane = OwnLane(300);
  absl::Duration longest;
  ASSERT_TRUE(StepUntil([&] {
    longest = std::max(longest, relay_->pace());
    return PublishedThrough(lane, 300);
  }));
  EXPECT_GT(longest, options_.pace.rest);
}

TEST_P(RelayMessagesTest, AMessageOfSeveralIsBoundedInBytes) {
  options_.message_bytes_max = 10'000;
  Start();
  const std::string lane = OwnLane(40, std::string(1'000, 'x'));
  CommitMore(lane, 40, 2, std::string(20'000, 'x'));
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 42); }));
  EXPECT_EQ(StreamMessages(), 4 + 2);
}

TEST_P(RelayMessagesTest, OfARefusedMessageEachEventIsTriedAlone) {
  Start("max_payload: 8192");
  const std::string lane = OwnLane(30, std::string(1'000, 'x'));
  CommitMore(lane, 30, 1, std::string(10'000, 'x'));
  CommitMore(lane, 31, 30, std::string(1'000, 'x'));
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 61); }));
  EXPECT_EQ(Counter("tally_relay_parked_total"), 1);
  std::set<int64_t> sequences;
  for (const bus::Event& event : ReadStream(60)) sequences.insert(event.sequence);
  EXPECT_THAT(sequences, SizeIs(60));
  EXPECT_FALSE(sequences.contains(31));
}

TEST_P(RelayMessagesTest, GoesOnInMessagesOfSeveralWhenTheServerIsKilledInTheMiddle) {
  options_.message_events_max = 16;
  options_.publisher.window_messages = 10;
  Start();
  const std::string lane = OwnLane(20'000);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 500); }));
  server_->Kill();
  EXPECT_FALSE(PublishedThrough(lane, 20'000)) << "too late to prove anything";
  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 20'000); }));
  std::set<std::string> ids;
  for (const bus::Event& event : ReadStream(20'000)) ids.insert(event.Id());
  EXPECT_THAT(ids, SizeIs(20'000))
      << "cut at the same places again, so the stream drops repetitions";
}

}  // namespace
}  // namespace tally::outbox
