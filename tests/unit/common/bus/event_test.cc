#include "common/bus/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/testkit/status_matchers.h"

namespace tally::bus {
namespace {

using testing::HasSubstr;
using testkit::StatusIs;

Event MakeEvent() {
  return {.lane_id = "0193d8a1-1111-7222-8333-123456789abc",
          .sequence = 42,
          .source = "order_service",
          .type = "tally.events.v1.OrderCreated",
          .subject = "orders.v1.created",
          .time = absl::FromUnixMicros(1'700'000'000'123'456),
          .record_time = absl::FromUnixMicros(1'700'000'001'000'000),
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .payload = std::string("\x0a\x00\xff", 3)};
}

TEST(EventTest, SurvivesTheWire) {
  const Event event = MakeEvent();
  ASSERT_OK_AND_ASSIGN(const Event read, FromMessage(ToMessage(event)));
  EXPECT_EQ(read.Id(), "0193d8a1-1111-7222-8333-123456789abc/42");
  EXPECT_EQ(read.source, event.source);
  EXPECT_EQ(read.type, event.type);
  EXPECT_EQ(read.subject, event.subject);
  EXPECT_EQ(read.time, event.time);
  EXPECT_EQ(read.record_time, event.record_time);
  EXPECT_EQ(read.traceparent, event.traceparent);
  EXPECT_EQ(read.payload, event.payload);
}

TEST(EventTest, IsWrittenAsCloudEventsAttributes) {
  const Message message = ToMessage(MakeEvent());
  EXPECT_EQ(message.headers.Get("ce-specversion"), "1.0");
  EXPECT_EQ(message.headers.Get("ce-id"), "0193d8a1-1111-7222-8333-123456789abc/42");
  EXPECT_EQ(message.headers.Get("ce-time"), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(message.headers.Get("content-type"), "application/protobuf");
}

TEST(EventTest, TraceparentAndContentTypeMayBeMissing) {
  Event event = MakeEvent();
  event.traceparent = "";
  EXPECT_EQ(ToMessage(event).headers.Get("traceparent"), "");
  Message message = ToMessage(event);
  message.headers.Set("content-type", "");
  ASSERT_OK_AND_ASSIGN(const Event read, FromMessage(message));
  EXPECT_EQ(read.traceparent, "");
}

struct WrongHeader {
  const char* name;
  const char* value;
};

class WrongHeaderTest : public testing::TestWithParam<WrongHeader> {};

TEST_P(WrongHeaderTest, IsNamed) {
  Message message = ToMessage(MakeEvent());
  message.headers.Set(GetParam().name, GetParam().value);
  EXPECT_THAT(FromMessage(message),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().name)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongHeaderTest,
    testing::Values(WrongHeader{"ce-specversion", "0.3"}, WrongHeader{"ce-specversion", ""},
                    WrongHeader{"ce-id", ""},
                    WrongHeader{"ce-id", "0193d8a1-1111-7222-8333-123456789abc/43"},
                    WrongHeader{"ce-source", ""}, WrongHeader{"ce-type", ""},
                    WrongHeader{"ce-time", ""}, WrongHeader{"ce-time", "yesterday"},
                    WrongHeader{"ce-time", "infinite-future"}, WrongHeader{"ce-recordedtime", ""},
                    WrongHeader{"ce-lane", ""}, WrongHeader{"ce-lane", "lane"},
                    WrongHeader{"ce-lane", "0193D8A1-1111-7222-8333-123456789ABC"},
                    WrongHeader{"ce-sequence", ""}, WrongHeader{"ce-sequence", "0"},
                    WrongHeader{"ce-sequence", "-1"}, WrongHeader{"ce-sequence", "1.5"},
                    WrongHeader{"ce-sequence", "9223372036854775808"},
                    WrongHeader{"content-type", "text/plain"}));

EventRun MakeRun(size_t events) {
  const Event event = MakeEvent();
  EventRun run{.lane_id = event.lane_id,
               .first_sequence = event.sequence,
               .source = event.source,
               .type = event.type,
               .subject = event.subject,
               .entries = {}};
  for (size_t i = 0; i < events; ++i) {
    run.entries.push_back({.time = event.time,
                           .record_time = event.record_time + absl::Microseconds(i),
                           .traceparent = event.traceparent,
                           .payload = event.payload});
  }
  return run;
}

TEST(EventRunTest, OneEventIsWrittenAsOneEvent) {
  const Message message = ToMessage(MakeRun(1));
  EXPECT_FALSE(HoldsBatch(message));
  EXPECT_EQ(message.headers.Get("ce-id"), MakeEvent().Id());
  EXPECT_EQ(MakeRun(1).Id(), MakeEvent().Id());
}

TEST(EventRunTest, SeveralSurviveTheWireEachInItsPlace) {
  const Message message = ToMessage(MakeRun(3));
  EXPECT_TRUE(HoldsBatch(message));
  EXPECT_EQ(MakeRun(3).Id(), "0193d8a1-1111-7222-8333-123456789abc/42-44");
  ASSERT_OK_AND_ASSIGN(const std::vector<Event> events, ReadBatch(message));
  ASSERT_EQ(events.size(), 3);
  const Event event = MakeEvent();
  EXPECT_EQ(events[2].Id(), "0193d8a1-1111-7222-8333-123456789abc/44");
  EXPECT_EQ(events[2].source, event.source);
  EXPECT_EQ(events[2].type, event.type);
  EXPECT_EQ(events[2].subject, event.subject);
  EXPECT_EQ(events[2].time, event.time);
  EXPECT_EQ(events[2].record_time, event.record_time + absl::Microseconds(2));
  EXPECT_EQ(events[2].traceparent, event.traceparent);
  EXPECT_EQ(events[2].payload, event.payload);
}

TEST(EventRunTest, WhatIsWrongInABatchIsNamed) {
  const auto read = [](EventRun run) { return ReadBatch(ToMessage(std::move(run))).status(); };
  const auto names = [](const char* field) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(field));
  };
  EventRun run = MakeRun(2);
  run.lane_id = "0193D8A1-1111-7222-8333-123456789ABC";
  EXPECT_THAT(read(run), names("lane_id"));
  for (const int64_t first : {int64_t{0}, kSequenceMax, std::numeric_limits<int64_t>::max()}) {
    run = MakeRun(2);
    run.first_sequence = first;
    EXPECT_THAT(read(run), names("first_sequence"));
  }
  run = MakeRun(2);
  run.source = "";
  EXPECT_THAT(read(run), names("source"));
  run = MakeRun(2);
  run.type = "";
  EXPECT_THAT(read(run), names("type"));
  EXPECT_THAT(read(MakeRun(10'001)), names("entries"));
  Message message = ToMessage(MakeRun(2));
  message.payload.pop_back();
  EXPECT_THAT(ReadBatch(message), names("protobuf"));
  message.payload.clear();
  EXPECT_THAT(ReadBatch(message), names("lane_id"));
}

}  // namespace
}  // namespace tally::bus
