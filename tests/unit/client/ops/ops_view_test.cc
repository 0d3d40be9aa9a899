#include "client/ops/ops_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(OpsView, AStatusEndsWithItsAlarms) {
  ops::v1::GetOutboxStatusResponse status;
  status.set_source("order_service");
  status.set_unpublished_events(7);
  status.mutable_publish_lag()->set_seconds(3);
  (*status.mutable_database()->mutable_durability())["fsync"] = "on";
  EXPECT_THAT(ShowStatus(status),
              AllOf(HasSubstr("unpublished  7, the oldest for 3 s\n"), HasSubstr("fsync=on"),
                    HasSubstr("bus          not connected\n"), testing::EndsWith("\nno alarms\n")));
  ops::v1::Alarm& alarm = *status.add_alarms();
  alarm.set_name("RELAY_STALLED");
  alarm.set_detail("why");
  alarm.mutable_start_time()->set_seconds(0);
  EXPECT_THAT(ShowStatus(status),
              testing::EndsWith("\nALARM RELAY_STALLED since 1970-01-01T00:00:00Z: why\n"));
}

TEST(OpsView, AListBeginsWithHeadingsAndHasALineForEachEntry) {
  ops::v1::ListWatermarksResponse page;
  EXPECT_EQ(ShowWatermarks(page), "lane  source  through  published  letters  since  above it\n");
  ops::v1::Watermark& watermark = *page.add_watermarks();
  watermark.set_lane_id("x");
  watermark.set_source("tests");
  watermark.set_applied_through(12);
  watermark.set_range_count(120);
  for (int i = 0; i < 100; ++i) {
    watermark.add_ranges()->set_first_sequence(20 + 2 * i);
    watermark.mutable_ranges(i)->set_last_sequence(20 + 2 * i);
  }
  EXPECT_THAT(ShowWatermarks(page), AllOf(HasSubstr("x     tests        12          ?        0"),
                                          HasSubstr("20-20,22-22,24-24 and 117 more\n")));
}

TEST(OpsView, DetailsStandBelowTheirEntry) {
  ops::v1::ListLettersResponse page;
  ops::v1::Letter& letter = *page.add_letters();
  letter.set_event_id("x/1");
  letter.set_state(ops::v1::Letter::STATE_DEAD);
  letter.set_error("no");
  EXPECT_THAT(ShowLetters(page), Not(HasSubstr("    ce-")));
  letter.add_headers()->set_name("ce-id");
  letter.mutable_headers(0)->set_value("x/1");
  letter.set_payload("\x01\xff");
  EXPECT_THAT(ShowLetters(page), testing::EndsWith("no\n    ce-id: x/1\n    01ff\n"));
  letter.set_payload_json("{}");
  EXPECT_THAT(ShowLetters(page), testing::EndsWith("no\n    ce-id: x/1\n    {}\n"));
}

}  // namespace
}  // namespace tally::client
