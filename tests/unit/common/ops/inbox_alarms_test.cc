#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ops/inbox_messages.h"

namespace tally::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kSince = absl::FromUnixSeconds(1'000'000);

std::vector<std::string> AlarmsAfter(absl::Duration stalled_for,
                                     const inbox::ConsumerProgress& progress) {
  Alarms alarms;
  RaiseAlarms(inbox::InboxSummary(), progress, kSince + stalled_for, alarms);
  std::vector<std::string> texts;
  for (const v1::Alarm& alarm : alarms) texts.push_back(alarm.name() + ": " + alarm.detail());
  return texts;
}

TEST(InboxAlarmsTest, AConsumerThatGoesOnRaisesNone) {
  EXPECT_THAT(AlarmsAfter(absl::Hours(1), inbox::ConsumerProgress()), IsEmpty());
}

TEST(InboxAlarmsTest, AConsumerThatCannotAttachIsToldOfAfterAMinute) {
  const inbox::ConsumerProgress progress = {.stalled_by = absl::UnavailableError("no answer"),
                                            .stalled_since = kSince};
  EXPECT_THAT(AlarmsAfter(absl::Seconds(59), progress), IsEmpty());
  EXPECT_THAT(AlarmsAfter(absl::Minutes(1), progress), ElementsAre("CONSUMER_STALLED: no answer"));
}

TEST(InboxAlarmsTest, WhatNeedsAnOperatorIsToldOfAtOnceAndOnce) {
  inbox::ConsumerProgress progress = {.stalled_by = absl::FailedPreconditionError("feeds another"),
                                      .stalled_since = kSince,
                                      .feeds_another = true};
  EXPECT_THAT(AlarmsAfter(absl::ZeroDuration(), progress),
              ElementsAre("DURABLE_OF_ANOTHER: feeds another"));
  EXPECT_THAT(AlarmsAfter(absl::Hours(1), progress),
              ElementsAre("DURABLE_OF_ANOTHER: feeds another"));
  progress = {.stalled_by = absl::ResourceExhaustedError("letters"),
              .stalled_since = kSince,
              .suspended = true};
  EXPECT_THAT(AlarmsAfter(absl::Hours(1), progress), ElementsAre("CONSUMER_SUSPENDED: letters"));
}

TEST(InboxAlarmsTest, WhatTheServerRefusesIsNotAnothersDurable) {
  const inbox::ConsumerProgress progress = {
      .stalled_by = absl::FailedPreconditionError("subjects overlap"), .stalled_since = kSince};
  EXPECT_THAT(AlarmsAfter(absl::Seconds(59), progress), IsEmpty());
  EXPECT_THAT(AlarmsAfter(absl::Minutes(1), progress),
              ElementsAre("CONSUMER_STALLED: subjects overlap"));
}

TEST(InboxAlarmsTest, AProducerIsSilentWhenNobodyHadAnAnswerForAMinute) {
  const auto silent = [](absl::Time compared, absl::Time all_answered) {
    inbox::SourceStore::Source source;
    source.source = "orders";
    source.last_answer = compared;
    Alarms alarms;
    RaiseAlarms({}, {source}, {"orders"},
                {.started = absl::InfinitePast(),
                 .all_answered = all_answered,
                 .now = kSince + absl::Minutes(1)},
                alarms);
    return !alarms.empty() && alarms.Get(0).name() == "SOURCE_SILENT";
  };
  EXPECT_TRUE(silent(kSince, absl::InfinitePast()));
  EXPECT_TRUE(silent(kSince, kSince));
  EXPECT_FALSE(silent(kSince + absl::Seconds(1), absl::InfinitePast()));
  EXPECT_FALSE(silent(kSince, kSince + absl::Seconds(1))) << "healing waits, or rests";
}

TEST(InboxAlarmsTest, AProducerThatNeverAnsweredIsSilentAMinuteAfterTheStart) {
  const auto alarms_after = [](absl::Duration since_start) {
    Alarms alarms;
    RaiseAlarms(
        {}, {}, {"orders"},
        {.started = kSince, .all_answered = absl::InfinitePast(), .now = kSince + since_start},
        alarms);
    return alarms.size();
  };
  EXPECT_EQ(alarms_after(absl::Seconds(59)), 0);
  EXPECT_EQ(alarms_after(absl::Minutes(1)), 1);
}

}  // namespace
}  // namespace tally::ops
