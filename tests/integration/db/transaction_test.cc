#include "common/db/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/db/error.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

namespace sql = fixture::sql;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

constexpr char kOwner[] = "0190163d-8694-739b-aea5-966c26f8ad91";

class TransactionTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(open_, Open(url));
  }

  Transaction Begin(Mode mode) {
    auto transaction = open_->Begin(mode);
    EXPECT_OK(transaction);
    return *std::move(transaction);
  }
  bool postgres() const { return open_->database->dialect() == Dialect::kPostgres; }

  struct Thing {
    std::optional<std::string> label;
    std::optional<Bytes> body;
    std::optional<std::string> owner;
    std::optional<int64_t> amount;
  };
  std::optional<Thing> Find(Transaction& transaction, int64_t id) {
    std::optional<Thing> thing;
    EXPECT_OK((transaction.Query<int64_t, std::optional<std::string>, std::optional<Bytes>,
                                 std::optional<std::string>, std::optional<int64_t>>(
        sql::kFindThing, {{"id", id}},
        [&](int64_t, std::optional<std::string> label, std::optional<Bytes> body,
            std::optional<std::string> owner, std::optional<int64_t> amount) {
          thing = {label, body, owner, amount};
        })));
    return thing;
  }

  std::unique_ptr<OpenDatabase> open_;
};
INSTANTIATE_ON_EVERY_DATABASE(TransactionTest);

TEST_P(TransactionTest, ReturnsEveryTypeAsItWasGiven) {
  const std::string bytes("\0\xff'\\x\0", 6);
  for (const int64_t extreme : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
                                int64_t{1} << 40, std::numeric_limits<int64_t>::max()}) {
    Transaction transaction = Begin(Mode::kWrite);
    ASSERT_THAT(transaction.Execute(sql::kInsertThing, {{"id", extreme},
                                                        {"label", "ünï ' :cödé"},
                                                        {"body", Bytes{bytes}},
                                                        {"owner", kOwner},
                                                        {"amount", extreme}}),
                IsOkAndHolds(1));
    const auto thing = Find(transaction, extreme);
    ASSERT_TRUE(thing.has_value());
    EXPECT_EQ(thing->label, "ünï ' :cödé");
    EXPECT_EQ(thing->body->data, bytes);
    EXPECT_EQ(thing->owner, kOwner);
    EXPECT_EQ(thing->amount, extreme);
  }
}

TEST_P(TransactionTest, TellsNullFromEmpty) {
  Transaction transaction = Begin(Mode::kWrite);
  const Params none = {{"id", 1},
                       {"label", std::optional<std::string>()},
                       {"body", std::optional<Bytes>()},
                       {"owner", std::optional<std::string>()},
                       {"amount", std::optional<int64_t>()}};
  const Params empty = {{"id", 2},
                        {"label", ""},
                        {"body", Bytes{}},
                        {"owner", std::optional<std::string>()},
                        {"amount", 0}};
  // In both orders: a session keeps what it learnt of a statement's types from the first execution.
  ASSERT_OK(transaction.Execute(sql::kInsertThing, none));
  ASSERT_OK(transaction.Execute(sql::kInsertThing, empty));
  const auto first = Find(transaction, 1);
  EXPECT_FALSE(first->label.has_value() || first->body.has_value() || first->owner.has_value() ||
               first->amount.has_value());
  const auto second = Find(transaction, 2);
  EXPECT_EQ(second->label, "");
  ASSERT_TRUE(second->body.has_value());
  EXPECT_EQ(second->body->data, "");
  EXPECT_EQ(second->amount, 0);
}

TEST_P(TransactionTest, TakesTheLargestNumberAfterANull) {
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Execute(
      sql::kRaiseAmounts, {{"by", std::optional<int64_t>()}, {"least", std::optional<int64_t>()}}));
  EXPECT_THAT(transaction.Execute(sql::kRaiseAmounts,
                                  {{"by", 1}, {"least", std::numeric_limits<int64_t>::max()}}),
              IsOkAndHolds(0));
}

TEST_P(TransactionTest, AnIntegerIsABigint) {
  Transaction transaction = Begin(Mode::kRead);
  EXPECT_THAT(transaction.QueryOne<int64_t>(sql::kAddOne, {{"number", int64_t{1} << 40}}),
              IsOkAndHolds(std::tuple((int64_t{1} << 40) + 1)));
}

TEST_P(TransactionTest, FindsAUuidGivenAsText) {
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Execute(
      sql::kInsertThing,
      {{"id", 7}, {"label", "a"}, {"body", Bytes{}}, {"owner", kOwner}, {"amount", 1}}));
  ASSERT_OK_AND_ASSIGN(const auto found,
                       transaction.QueryOne<int64_t>(sql::kFindByOwner, {{"owner", kOwner}}));
  EXPECT_EQ(found, std::tuple(7));
}

TEST_P(TransactionTest, RefusesANulByteInText) {
  const std::string nul("a\0b", 3);
  {
    Transaction transaction = Begin(Mode::kWrite);
    const auto refused = transaction.Execute(
        sql::kInsertThing,
        {{"id", 1}, {"label", nul}, {"body", Bytes{}}, {"owner", kOwner}, {"amount", 1}});
    EXPECT_EQ(KindOf(refused.status()), ErrorKind::kData);
    EXPECT_EQ(SqlStateOf(refused.status()), "22021");
  }
  Transaction transaction = Begin(Mode::kWrite);
  const auto refused = transaction.Execute(sql::kInsertThings, Batch()
                                                                   .Ints("id", {1})
                                                                   .Texts("label", {nul})
                                                                   .Blobs("body", {{}})
                                                                   .Ints("amount", {1})
                                                                   .Scalar({"owner", kOwner}));
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kData);
}

TEST_P(TransactionTest, WritesABatchOfManyRows) {
  constexpr int kRows = 5000;
  Batch::IntColumn ids, amounts;
  Batch::TextColumn labels;
  Batch::BytesColumn bodies;
  for (int i = 0; i < kRows; ++i) {
    ids.push_back(i);
    amounts.push_back(i % 3 == 0 ? std::nullopt : std::optional<int64_t>(-i * 1000000000000));
    labels.push_back(i % 5 == 0 ? std::nullopt
                                : std::optional<std::string>(absl::StrCat("{\"", i, "\",NULL}")));
    bodies.push_back(Bytes{std::string(i % 7, '\0')});
  }
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_THAT(transaction.Execute(sql::kInsertThings, Batch()
                                                          .Ints("id", ids)
                                                          .Texts("label", labels)
                                                          .Blobs("body", bodies)
                                                          .Ints("amount", amounts)
                                                          .Scalar({"owner", kOwner})),
              IsOkAndHolds(kRows));
  for (const int i : {0, 1, 5, 6, 4998, 4999}) {
    const auto thing = Find(transaction, i);
    ASSERT_TRUE(thing.has_value());
    EXPECT_EQ(thing->label, labels[i]) << i;
    EXPECT_EQ(thing->body->data, bodies[i].data) << i;
    EXPECT_EQ(thing->amount, amounts[i]) << i;
    EXPECT_EQ(thing->owner, kOwner);
  }
  EXPECT_THAT(transaction.QueryOne<int64_t>(sql::kSumIds),
              IsOkAndHolds(std::tuple(kRows * (kRows - 1) / 2)));
}

TEST_P(TransactionTest, AnEmptyBatchDoesNothing) {
  Transaction transaction = Begin(Mode::kWrite);
  EXPECT_THAT(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {})), IsOkAndHolds(0));
  EXPECT_OK(
      transaction.Query<int64_t>(sql::kInsertIds, Batch().Ints("id", {}), [](int64_t) { FAIL(); }));
  EXPECT_OK(transaction.Commit());
}

TEST_P(TransactionTest, ReturnsTheRowsThatABatchReturns) {
  Transaction transaction = Begin(Mode::kWrite);
  std::vector<std::string> returned;
  ASSERT_OK((transaction.Query<int64_t, std::string>(
      sql::kInsertThings,
      Batch()
          .Ints("id", {1, 2, 3})
          .Texts("label", {"x", "y", "z"})
          .Blobs("body", {{}, {}, {}})
          .Ints("amount", {1, 2, 3})
          .Scalar({"owner", kOwner}),
      [&](int64_t id, std::string label) { returned.push_back(absl::StrCat(id, label)); })));
  EXPECT_THAT(returned, ElementsAre("1x", "2y", "3z"));
}

TEST_P(TransactionTest, RefusesABatchOfUnequalColumns) {
  Transaction transaction = Begin(Mode::kWrite);
  const auto refused =
      transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1, 2}).Ints("other", {1}));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInternal, HasSubstr("unequal length")));
}

TEST_P(TransactionTest, CountsOnlyChangedRows) {
  Transaction transaction = Begin(Mode::kWrite);
  EXPECT_THAT(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1, 2, 3})), IsOkAndHolds(3));
  EXPECT_THAT(transaction.Execute(sql::kListIds), IsOkAndHolds(0));
  EXPECT_THAT(transaction.Execute(sql::kRaiseAmounts, {{"by", 1}, {"least", 0}}), IsOkAndHolds(0));
}

TEST_P(TransactionTest, FindsNoRow) {
  Transaction transaction = Begin(Mode::kRead);
  ASSERT_OK_AND_ASSIGN(const auto found,
                       transaction.QueryOne<int64_t>(sql::kFindByOwner, {{"owner", kOwner}}));
  EXPECT_FALSE(found.has_value());
}

TEST_P(TransactionTest, IsRolledBackUnlessCommitted) {
  {
    Transaction transaction = Begin(Mode::kWrite);
    ASSERT_OK(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1})));
  }
  EXPECT_THAT(open_->Count(), IsOkAndHolds(0));
  const absl::Status failed =
      open_->database->Run(Mode::kWrite, open_->Soon(), [](Transaction& transaction) {
        EXPECT_OK(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1})));
        return absl::AbortedError("changed my mind");
      });
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(0));
  EXPECT_OK(open_->Insert(1));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(TransactionTest, IsOverAfterCommit) {
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Commit());
  EXPECT_THAT(transaction.Execute(sql::kListIds), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(transaction.Commit(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(TransactionTest, MovesWithWhatItDid) {
  Transaction first = Begin(Mode::kWrite);
  ASSERT_OK(first.Execute(sql::kInsertIds, Batch().Ints("id", {1})));
  Transaction second = std::move(first);
  EXPECT_OK(second.Commit());
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(TransactionTest, ATakenKeyIsUniqueAndEndsTheTransaction) {
  ASSERT_OK(open_->Insert(1));
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {2})));
  const absl::Status taken = transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1})).status();
  EXPECT_THAT(taken, StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("InsertIds")));
  EXPECT_EQ(KindOf(taken), ErrorKind::kUnique);
  EXPECT_EQ(SqlStateOf(taken), postgres() ? "23505" : "SQLITE_1555");
  EXPECT_EQ(transaction.Execute(sql::kListIds).status(), taken);
  EXPECT_EQ(transaction.Commit(), taken);
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(TransactionTest, WritesAColumnOfUuids) {
  ASSERT_OK_AND_ASSIGN(const base::Uuid owner, base::Uuid::Parse(kOwner));
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_THAT(transaction.Execute(sql::kInsertOwned,
                                  Batch().Ints("id", {1, 2}).Uuids("owner", {base::Uuid(), owner})),
              IsOkAndHolds(2));
  EXPECT_EQ(Find(transaction, 1)->owner, base::Uuid().ToString());
  EXPECT_EQ(Find(transaction, 2)->owner, kOwner);
}

TEST_P(TransactionTest, DataThatDoesNotFitIsNamedWithoutItsValue) {
  Transaction transaction = Begin(Mode::kWrite);
  const absl::Status refused = transaction
                                   .Execute(sql::kInsertThing, {{"id", 1},
                                                                {"label", "secret-label"},
                                                                {"body", Bytes{"secret-body"}},
                                                                {"owner", kOwner},
                                                                {"amount", 13}})
                                   .status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kData);
  EXPECT_EQ(SqlStateOf(refused), postgres() ? "23514" : "SQLITE_275");
  EXPECT_THAT(refused.ToString(), Not(HasSubstr("secret")));
}

TEST_P(TransactionTest, AFaultyStatementSaysWhatIsWrongWithIt) {
  Transaction transaction = Begin(Mode::kRead);
  const absl::Status faulty = transaction.Query<int64_t>(sql::kNoSuchColumn, {}, [](int64_t) {});
  EXPECT_EQ(KindOf(faulty), ErrorKind::kStatement);
  EXPECT_THAT(faulty, StatusIs(absl::StatusCode::kInternal, HasSubstr("colour")));
}

TEST_P(TransactionTest, NamesAParameterThatIsMissing) {
  Transaction transaction = Begin(Mode::kRead);
  EXPECT_THAT(transaction.Execute(sql::kFindThing, {{"identity", 1}}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("no value for :id")));
}

TEST_P(TransactionTest, RefusesToReadAColumnAsWhatItIsNot) {
  {
    Transaction transaction = Begin(Mode::kWrite);
    ASSERT_OK(transaction.Execute(
        sql::kInsertThing,
        {{"id", 1}, {"label", "12"}, {"body", Bytes{}}, {"owner", kOwner}, {"amount", 1}}));
    EXPECT_THAT(transaction.QueryOne<int64_t>(sql::kReadTextAsInteger),
                StatusIs(absl::StatusCode::kInternal));
  }
  ASSERT_OK(open_->Insert(1));
  Transaction transaction = Begin(Mode::kRead);
  EXPECT_THAT(transaction.QueryOne<std::string>(sql::kReadTextAsInteger),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("NULL")));
  Transaction other = Begin(Mode::kRead);
  EXPECT_THAT((other.QueryOne<int64_t, int64_t>(sql::kCountThings)),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_P(TransactionTest, ARowsErrorEndsTheQuery) {
  ASSERT_OK(open_->Insert(1));
  ASSERT_OK(open_->Insert(2));
  {
    Transaction transaction = Begin(Mode::kRead);
    int rows = 0;
    const absl::Status stopped = transaction.Query<int64_t>(sql::kListIds, {}, [&](int64_t) {
      ++rows;
      return absl::CancelledError("enough");
    });
    EXPECT_THAT(stopped, StatusIs(absl::StatusCode::kCancelled));
    EXPECT_EQ(rows, 1);
    EXPECT_THAT(transaction.Commit(), StatusIs(absl::StatusCode::kCancelled));
  }
  EXPECT_THAT(open_->Count(), IsOkAndHolds(2));
}

TEST_P(TransactionTest, ReadingRefusesToWrite) {
  Transaction transaction = Begin(Mode::kRead);
  EXPECT_EQ(KindOf(transaction.Execute(sql::kInsertIds, Batch().Ints("id", {1})).status()),
            ErrorKind::kStatement);
}

TEST_P(TransactionTest, AsksTheTimeOnce) {
  Transaction transaction = Begin(Mode::kRead);
  ASSERT_OK_AND_ASSIGN(const absl::Time now, transaction.Now());
  EXPECT_LT(absl::AbsDuration(absl::Now() - now), absl::Minutes(1));
  EXPECT_THAT(transaction.Now(), IsOkAndHolds(now));
}

}  // namespace
}  // namespace tally::db
