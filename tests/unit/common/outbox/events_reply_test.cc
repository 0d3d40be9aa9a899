#include "common/outbox/events_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/bus/event.h"
#include "tests/testkit/status_matchers.h"

namespace tally::outbox {
namespace {

using Kind = RangeVerdict::Kind;

constexpr char kLane[] = "018f0000-0000-7000-8000-000000000001";

std::vector<OutboxEvent> Events(int64_t first, int64_t last, size_t payload_bytes) {
  std::vector<OutboxEvent> events;
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    events.push_back({.sequence = sequence,
                      .subject = "notes.v1.taken",
                      .type = "notes.Taken",
                      .payload = std::string(payload_bytes, 'x'),
                      .time = absl::FromUnixMicros(1'700'000'000'000'001),
                      .record_time = absl::FromUnixMicros(1'700'000'000'000'002),
                      .traceparent = "00-trace"});
  }
  return events;
}

TEST(EventsReplyTest, RemakesTheMessageThatIsPublished) {
  events::v1::HealEventsReply message;
  EventsReply reply("notes", 1 << 20, 100, message);
  reply.Add(kLane, {{7, 8}, Kind::kEvents}, Events(5, 9, 10));
  ASSERT_EQ(message.verdicts_size(), 1);
  ASSERT_EQ(message.verdicts(0).events_size(), 2);
  EXPECT_EQ(message.verdicts(0).range().first_sequence(), 7);
  EXPECT_EQ(message.verdicts(0).range().last_sequence(), 8);
  const events::v1::EventRecord& record = message.verdicts(0).events(1);
  bus::Message published{.subject = record.subject(), .headers = {}, .payload = record.payload()};
  for (const auto& header : record.headers()) published.headers.Add(header.name(), header.value());
  ASSERT_OK_AND_ASSIGN(const bus::Event event, bus::FromMessage(published));
  EXPECT_EQ(event.Id(), absl::StrCat(kLane, "/8"));
  EXPECT_EQ(event.source, "notes");
  EXPECT_EQ(event.type, "notes.Taken");
  EXPECT_EQ(event.subject, "notes.v1.taken");
  EXPECT_EQ(event.time, absl::FromUnixMicros(1'700'000'000'000'001));
  EXPECT_EQ(event.record_time, absl::FromUnixMicros(1'700'000'000'000'002));
  EXPECT_EQ(event.traceparent, "00-trace");
  EXPECT_EQ(event.payload, std::string(10, 'x'));
  EXPECT_EQ(record.sequence(), 8);
  EXPECT_EQ(record.record_time().nanos(), 2000);
}

TEST(EventsReplyTest, NeverGrowsBeyondItsBytes) {
  for (int64_t bytes_max = 100; bytes_max < 20'000; bytes_max += 333) {
    events::v1::HealEventsReply message;
    message.set_database_id(kLane);
    EventsReply reply("notes", bytes_max, 100, message);
    reply.Add(kLane, {{1, 1}, Kind::kVoid, std::string(200, 'r')}, {});
    reply.Add(kLane, {{2, 40}, Kind::kEvents}, Events(2, 40, 500));
    reply.Add(kLane, {{41, 41}, Kind::kTrimmed}, {});
    EXPECT_LE(static_cast<int64_t>(message.ByteSizeLong()), bytes_max);
    EXPECT_TRUE(reply.full() || reply.left_out());
  }
}

TEST(EventsReplyTest, WhatComesAfterSomethingThatDoesNotFitIsLeftOut) {
  events::v1::HealEventsReply message;
  EventsReply reply("notes", 5'000, 100, message);
  reply.Add(kLane, {{1, 10}, Kind::kEvents}, Events(1, 10, 1000));
  reply.Add(kLane, {{11, 11}, Kind::kTrimmed}, {});
  ASSERT_EQ(message.verdicts_size(), 1);
  EXPECT_LT(message.verdicts(0).range().last_sequence(), 10);
  EXPECT_EQ(message.verdicts(0).events_size(), message.verdicts(0).range().last_sequence());
}

TEST(EventsReplyTest, HoldsNoMoreEventsThanItsLimit) {
  events::v1::HealEventsReply message;
  EventsReply reply("notes", 1 << 20, 3, message);
  EXPECT_EQ(reply.events_left(), 3);
  EXPECT_TRUE(reply.MayBeCutShort(Events(1, 3, 1)));
  EXPECT_FALSE(reply.MayBeCutShort(Events(1, 2, 1)));
  reply.Add(kLane, {{1, 5}, Kind::kEvents}, Events(1, 5, 1));
  EXPECT_EQ(reply.events(), 3);
  EXPECT_TRUE(reply.full());
}

}  // namespace
}  // namespace tally::outbox
