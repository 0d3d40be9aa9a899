#include "common/inbox/inbox_store.h"

#include <gtest/gtest.h>

#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::HasSubstr;
using testkit::Lane;
using testkit::StatusIs;

class InboxStoreTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    replica = std::make_unique<Replica>(url);
  }
  std::unique_ptr<Replica> replica;
};
INSTANTIATE_ON_EVERY_DATABASE(InboxStoreTest);

TEST_P(InboxStoreTest, ADatabaseBelongsToOneConsumer) {
  const absl::Time now = absl::Now();
  EXPECT_OK(replica->store.Register(now, replica->Deadline()));
  EXPECT_OK(replica->store.Register(now, replica->Deadline()));
  InboxStore other("others", *replica->database);
  EXPECT_THAT(other.Register(now, replica->Deadline()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("tests")));
}

TEST_P(InboxStoreTest, LettersReadBackAsTheyWereReceived) {
  const absl::Time now = absl::FromUnixMicros(1'700'000'000'123'456);
  Letter letter{.event_id = Lane(1) + "/7",
                .lane_id = Lane(1),
                .sequence = 7,
                .message = {"tests.v1.\xff", {}, std::string("\0payload\xff", 9)},
                .type = "t\xc3y\npe",
                .error = "100% \x01",
                .attempts = 3,
                .state = LetterState::kRetrying,
                .next_attempt = now,
                .first_failure = now - absl::Hours(1),
                .changed = now - absl::Minutes(1)};
  letter.message.headers.Set("name", "value\xfe");
  Letter placeless = letter;
  placeless.event_id = "42#1";
  placeless.lane_id.reset();
  placeless.sequence.reset();
  placeless.next_attempt += absl::Microseconds(1);
  ASSERT_OK(replica->database->Run(
      db::Mode::kWrite, replica->Deadline(), [&](db::Transaction& transaction) {
        EXPECT_THAT(replica->store.InsertLetters(transaction, {letter, placeless}),
                    testkit::IsOkAndHolds(2));
        EXPECT_THAT(replica->store.InsertLetters(transaction, {letter}), testkit::IsOkAndHolds(0));
        return absl::OkStatus();
      }));

  std::vector<Letter> due;
  replica->Read([&](db::Transaction& transaction) {
    EXPECT_EQ(replica->store.ListDueLetters(transaction, now, 10)->size(), 1u);
    due = replica->store.ListDueLetters(transaction, now + absl::Seconds(1), 10).value();
    return absl::OkStatus();
  });
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].event_id, letter.event_id);
  EXPECT_EQ(due[0].lane_id, letter.lane_id);
  EXPECT_EQ(due[0].sequence, letter.sequence);
  EXPECT_EQ(due[0].message.subject, letter.message.subject);
  EXPECT_EQ(due[0].message.headers.entries(), letter.message.headers.entries());
  EXPECT_EQ(due[0].message.payload, letter.message.payload);
  EXPECT_EQ(due[0].type, letter.type);
  EXPECT_EQ(due[0].error, letter.error);
  EXPECT_EQ(due[0].attempts, letter.attempts);
  EXPECT_EQ(due[0].next_attempt, letter.next_attempt);
  EXPECT_EQ(due[0].first_failure, letter.first_failure);
  EXPECT_EQ(due[0].changed, letter.changed);
  EXPECT_EQ(due[1].event_id, "42#1");
  EXPECT_FALSE(due[1].lane_id.has_value());
  EXPECT_FALSE(due[1].sequence.has_value());
}

TEST_P(InboxStoreTest, AnAttemptIsCountedByOneOnly) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  Letter letter{.event_id = "42#1",
                .lane_id = {},
                .sequence = {},
                .message = {},
                .type = "",
                .error = "",
                .attempts = 1,
                .state = LetterState::kRetrying,
                .next_attempt = now,
                .first_failure = now,
                .changed = now};
  Letter failed = letter;
  failed.attempts = 2;
  failed.next_attempt = now + absl::Seconds(5);
  ASSERT_OK(replica->database->Run(
      db::Mode::kWrite, replica->Deadline(), [&](db::Transaction& transaction) {
        EXPECT_OK(replica->store.InsertLetters(transaction, {letter}).status());
        EXPECT_THAT(replica->store.UpdateLetter(transaction, letter, failed),
                    testkit::IsOkAndHolds(true));
        failed.state = LetterState::kDead;
        const auto again = replica->store.UpdateLetter(transaction, letter, failed);
        EXPECT_THAT(again, testkit::IsOkAndHolds(false));
        return again.status();
      }));
  EXPECT_EQ(replica->Letters().at("42#1").attempts, 2);
  EXPECT_EQ(replica->Letters().at("42#1").state, "retrying");
}

}  // namespace
}  // namespace tally::inbox
