#include "common/outbox/outbox_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::outbox {
namespace {

using testkit::StatusIs;

TEST(OutboxEventTest, HeadersReadBackAsWritten) {
  const OutboxEvent written = {
      .time = absl::FromUnixMicros(1'700'000'000'123'456),
      .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  EXPECT_EQ(
      EncodeHeaders(written),
      "time:1700000000123456\ntraceparent:00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  OutboxEvent read;
  ASSERT_OK(DecodeHeaders(EncodeHeaders(written), read));
  EXPECT_EQ(read.time, written.time);
  EXPECT_EQ(read.traceparent, written.traceparent);
  EXPECT_EQ(EncodeHeaders({.time = absl::UnixEpoch()}), "time:0");
}

TEST(OutboxEventTest, SkipsNamesOfALaterVersion) {
  OutboxEvent read;
  ASSERT_OK(DecodeHeaders("colour:red:dark\ntime:-5", read));
  EXPECT_EQ(absl::ToUnixMicros(read.time), -5);
}

TEST(OutboxEventTest, TellsDamagedHeaders) {
  OutboxEvent read;
  for (const char* damaged : {"", "time:", "time:x", "traceparent:00", "time"}) {
    EXPECT_THAT(DecodeHeaders(damaged, read), StatusIs(absl::StatusCode::kDataLoss)) << damaged;
  }
}

}  // namespace
}  // namespace tally::outbox
