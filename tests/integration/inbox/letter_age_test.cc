#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/bus/event.h"
#include "common/bus/personal_data.h"
#include "common/inbox/letter_eraser.h"
#include "common/inbox/letter_expiry.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testkit::IsOkAndHolds;
using testkit::Lane;

constexpr absl::Duration kRetention = absl::Hours(100);

std::string OrderOf(const std::string& customer) {
  events::v1::OrderCreated event;
  event.mutable_order()->set_customer(customer);
  return event.SerializeAsString();
}

class LetterAgeTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    replica = std::make_unique<Replica>(url);
  }

  // A letter that became so now.
  void Insert(int64_t sequence, LetterState state, const std::string& payload = "payload",
              const std::string& type = "tally.events.v1.OrderCreated") {
    const absl::Time now = replica->clock.Now();
    const Letter letter{
        .event_id = absl::StrCat(Lane(1), "/", absl::Dec(sequence, absl::kZeroPad5)),
        .lane_id = Lane(1),
        .sequence = sequence,
        .message = bus::ToMessage(testkit::MakeEvent(1, sequence, payload, type)),
        .type = type,
        .error = "no",
        .attempts = 10,
        .state = state,
        .next_attempt = now,
        .first_failure = now,
        .changed = now};
    ASSERT_OK(replica->database->Run(
        db::Mode::kWrite, replica->Deadline(), [&](db::Transaction& transaction) {
          EXPECT_THAT(replica->store.InsertLetters(transaction, {letter}), IsOkAndHolds(1));
          return absl::OkStatus();
        }));
  }
  LetterExpiry NewExpiry(int letters_max = 500) {
    return LetterExpiry({.retention = kRetention, .letters_max = letters_max}, "tests",
                        *replica->database, replica->clock, replica->telemetry);
  }

  struct Row {
    std::string state;
    std::string payload;
    std::string reason;
    int64_t erased;
  };
  // By sequence.
  std::map<int64_t, Row> Rows() {
    std::map<int64_t, Row> rows;
    replica->Read([&](db::Transaction& transaction) {
      return transaction.Query<int64_t, std::string, db::Bytes, std::string, int64_t>(
          fixture::sql::kListLetterContents, db::Params{},
          [&](int64_t sequence, std::string state, db::Bytes payload, std::string reason,
              int64_t erased) {
            rows[sequence] = {std::move(state), std::move(payload.data), std::move(reason), erased};
          });
    });
    return rows;
  }

  LetterEraser::Step Erase(const std::string& person, const std::string& after = "",
                           int letters_max = 1000) {
    LetterEraser eraser("tests", *replica->database, replica->clock);
    const auto step = eraser.Erase(person, after, letters_max, replica->Deadline());
    EXPECT_OK(step);
    return step.value_or(LetterEraser::Step());
  }

  std::unique_ptr<Replica> replica;
};
INSTANTIATE_ON_EVERY_DATABASE(LetterAgeTest);

TEST_P(LetterAgeTest, DeadAndDiscardedLettersAreEmptiedAndStayAsNotCounted) {
  Insert(1, LetterState::kDead);
  Insert(2, LetterState::kDiscarded);
  Insert(3, LetterState::kRetrying);
  replica->clock.Advance(kRetention - absl::Seconds(1));
  Insert(4, LetterState::kDead);
  LetterExpiry expiry = NewExpiry();
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_EQ(Rows()[1].payload, "payload");
  replica->clock.Advance(absl::Seconds(2));
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  const auto rows = Rows();
  EXPECT_EQ(rows.at(1).state, "discarded");
  EXPECT_EQ(rows.at(1).payload, "");
  EXPECT_EQ(rows.at(1).reason, "not redriven within 100h");
  EXPECT_EQ(rows.at(2).payload, "");
  EXPECT_EQ(rows.at(2).reason, "");
  EXPECT_EQ(rows.at(3).state, "retrying");
  EXPECT_EQ(rows.at(3).payload, "payload");
  EXPECT_EQ(rows.at(4).payload, "payload");
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_EQ(replica->telemetry.metrics.AddCounter("tally_inbox_letters_expired_total", "").Value(),
            2);
}

TEST_P(LetterAgeTest, LettersAreEmptiedInSteps) {
  for (int64_t i = 1; i <= 5; ++i) Insert(i, LetterState::kDead);
  replica->clock.Advance(2 * kRetention);
  LetterExpiry expiry = NewExpiry(2);
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(true));
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(true));
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  for (const auto& [sequence, row] : Rows()) EXPECT_EQ(row.erased, 1) << sequence;
}

TEST_P(LetterAgeTest, ErasesAPersonFromLettersThatCanBeTriedAgainAllTheSame) {
  Insert(1, LetterState::kRetrying, OrderOf("ada"));
  Insert(2, LetterState::kDead, OrderOf("ada"));
  Insert(3, LetterState::kDead, OrderOf("adam"));
  EXPECT_EQ(Erase("ada").letters, 2);
  const auto rows = Rows();
  EXPECT_EQ(rows.at(1).payload, OrderOf(bus::kErased));
  EXPECT_EQ(rows.at(1).state, "retrying");
  EXPECT_EQ(rows.at(2).payload, OrderOf(bus::kErased));
  EXPECT_EQ(rows.at(2).state, "dead");
  EXPECT_EQ(rows.at(3).payload, OrderOf("adam"));
  EXPECT_EQ(Erase("ada").letters, 0);
}

TEST_P(LetterAgeTest, ALetterThatCannotBeDecodedLosesItsContentIfItHoldsTheName) {
  Insert(1, LetterState::kDead, "\xff of ada");
  Insert(2, LetterState::kRetrying, "of ada", "of.a.newer.Version");
  Insert(3, LetterState::kDead, "\xff of bob");
  EXPECT_EQ(Erase("ada").letters, 2);
  const auto rows = Rows();
  for (const int64_t sequence : {1, 2}) {
    EXPECT_EQ(rows.at(sequence).payload, "");
    EXPECT_EQ(rows.at(sequence).state, "discarded");
    EXPECT_EQ(rows.at(sequence).reason, "personal data erased");
  }
  EXPECT_EQ(rows.at(3).payload, "\xff of bob");
}

TEST_P(LetterAgeTest, GoesThroughAllLettersPageByPage) {
  for (int64_t i = 1; i <= 7; ++i) Insert(i, LetterState::kDead, OrderOf(i % 2 == 0 ? "ada" : "b"));
  int64_t letters = 0;
  int pages = 0;
  std::string after;
  do {
    const LetterEraser::Step step = Erase("ada", after, 2);
    letters += step.letters;
    after = step.after;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(letters, 3);
  EXPECT_EQ(pages, 5) << "four with letters, one to see that there are no more";
}

}  // namespace
}  // namespace tally::inbox
