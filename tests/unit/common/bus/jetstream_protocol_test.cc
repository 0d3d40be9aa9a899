#include "common/bus/jetstream_protocol.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/testkit/status_matchers.h"

namespace tally::bus {
namespace {

using testing::HasSubstr;
using testkit::StatusIs;

TEST(AckSubjectTest, ReadsTheShortAndTheLongForm) {
  for (const char* subject :
       {"$JS.ACK.ORDERS.activity.2.17.40.1700000000123456789.5",
        "$JS.ACK.hub.ACCOUNT.ORDERS.activity.2.17.40.1700000000123456789.5",
        "$JS.ACK._.ACCOUNT.ORDERS.activity.2.17.40.1700000000123456789.5.random"}) {
    const std::optional<AckSubject> ack = ParseAckSubject(subject);
    ASSERT_TRUE(ack.has_value()) << subject;
    EXPECT_EQ(ack->delivery_count, 2);
    EXPECT_EQ(ack->stream_sequence, 17);
    EXPECT_EQ(ack->stored_time, absl::FromUnixNanos(1700000000123456789));
    EXPECT_EQ(ack->pending, 5);
  }
}

TEST(AckSubjectTest, RefusesAnythingElse) {
  for (const char* subject : {"", "$JS.ACK.", "_INBOX.abc.1", "$JS.ACK.ORDERS.activity.2.17.40.5",
                              "$JS.ACK.ORDERS.activity.2.0.40.1700000000123456789.5",
                              "$JS.ACK.ORDERS.activity.0.17.40.1700000000123456789.5",
                              "$JS.ACK.ORDERS.activity.two.17.40.1700000000123456789.5",
                              "$JS.ACK.ORDERS.activity.2.17.40.99999999999999999999.5"}) {
    EXPECT_FALSE(ParseAckSubject(subject).has_value()) << subject;
  }
}

TEST(AckSubjectTest, ACounterBelowZeroIsMany) {
  const std::optional<AckSubject> ack =
      ParseAckSubject("$JS.ACK.ORDERS.activity.2.17.40.1700000000123456789.18446744073709551615");
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->pending, std::numeric_limits<int64_t>::max());
}

TEST(PublishAnswerTest, StoredOrDuplicate) {
  EXPECT_EQ(ParsePublishAnswer(R"({"stream":"ORDERS", "seq":7})").outcome, PublishOutcome::kStored);
  EXPECT_EQ(ParsePublishAnswer(R"({"stream":"ORDERS", "seq":7,"duplicate": true})").outcome,
            PublishOutcome::kDuplicate);
  EXPECT_EQ(ParsePublishAnswer(R"({"stream":"ORDERS", "seq":7,"duplicate": false})").outcome,
            PublishOutcome::kStored);
}

TEST(PublishAnswerTest, OnlyTooLargeIsRefused) {
  const PublishResult large = ParsePublishAnswer(
      R"({"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"},"stream":"O","seq":0})");
  EXPECT_EQ(large.outcome, PublishOutcome::kRefused);
  EXPECT_THAT(large.error, HasSubstr("message size"));
  const PublishResult full = ParsePublishAnswer(
      R"({"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"O","seq":0})");
  EXPECT_EQ(full.outcome, PublishOutcome::kUnavailable);
  EXPECT_THAT(full.error, HasSubstr("10077"));
}

TEST(PublishAnswerTest, WhatCannotBeReadIsNotTakenForStored) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"stream":"O","seq":0})",
                           R"({"seq":"7"})", R"({"error":7})", R"({"error":null,"seq":7})"}) {
    EXPECT_EQ(ParsePublishAnswer(text).outcome, PublishOutcome::kUnavailable) << text;
  }
}

TEST(ApiAnswerTest, AnErrorSaysWhatTheCallerShouldDo) {
  const auto error = [](int code) {
    return absl::StrCat(R"({"error":{"code":)", code,
                        R"(,"err_code":10014,"description":"text"}})");
  };
  EXPECT_THAT(ParseApiAnswer(error(404)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("text (10014)")));
  EXPECT_THAT(ParseApiAnswer(error(503)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ParseApiAnswer(error(400)), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ParseApiAnswer("not json"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_OK(ParseApiAnswer("{}"));
}

TEST(ApiAnswerTest, NestingWithoutEndIsCutOff) {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  const auto answer = ParseApiAnswer(absl::StrCat(R"({"config":{"name":)", deep, "}}"));
  ASSERT_TRUE(answer.ok());
  EXPECT_LT(ObjectField(*answer, "config").dump().size(), 100);
}

TEST(PullEndTest, TellsNormalLifeFromTrouble) {
  EXPECT_TRUE(IsOrdinaryPullEnd("404", "No Messages"));
  EXPECT_TRUE(IsOrdinaryPullEnd("408", "Request Timeout"));
  EXPECT_TRUE(IsOrdinaryPullEnd("409", "Batch Completed"));
  EXPECT_TRUE(IsOrdinaryPullEnd("409", "Message Size Exceeds MaxBytes"));
  EXPECT_FALSE(IsOrdinaryPullEnd("409", "Consumer Deleted"));
  EXPECT_FALSE(IsOrdinaryPullEnd("409", "Exceeded MaxWaiting"));
  EXPECT_FALSE(IsOrdinaryPullEnd("503", ""));
  EXPECT_FALSE(IsOrdinaryPullEnd("", ""));
}

TEST(FieldTest, OtherTypesAreAsGoodAsAbsent) {
  const nlohmann::json object = {
      {"i", 5}, {"s", "x"}, {"t", "2023-11-14T22:13:20.5Z"}, {"o", {{"k", 1}}}};
  EXPECT_EQ(IntField(object, "i"), 5);
  EXPECT_EQ(IntField(object, "s"), 0);
  EXPECT_EQ(StringField(object, "s"), "x");
  EXPECT_EQ(StringField(object, "i"), "");
  EXPECT_EQ(TimeField(object, "t"), absl::FromUnixMillis(1'700'000'000'500));
  EXPECT_EQ(TimeField(object, "s"), absl::InfinitePast());
  EXPECT_EQ(IntField(ObjectField(object, "o"), "k"), 1);
  EXPECT_EQ(IntField(ObjectField(object, "i"), "k"), 0);
  EXPECT_FALSE(BoolField(object, "i"));
  EXPECT_TRUE(BoolField({{"b", true}}, "b"));
}

TEST(FieldTest, ACounterBelowZeroIsMany) {
  const nlohmann::json state = nlohmann::json::parse(R"({"num_pending": 18446744073709551615})");
  EXPECT_EQ(IntField(state, "num_pending"), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace tally::bus
