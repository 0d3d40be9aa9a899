#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "common/db/error.h"
#include "common/db/transaction.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

namespace sql = fixture::sql;
using testing::HasSubstr;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

class PostingTest : public testing::TestWithParam<testkit::DatabaseKind> {
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

  std::unique_ptr<OpenDatabase> open_;
};
INSTANTIATE_ON_EVERY_DATABASE(PostingTest);

TEST_P(PostingTest, WhatWasPostedIsCommitted) {
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Post(sql::kInsertIds, Batch().Ints("id", {1, 2})));
  ASSERT_OK(transaction.Post(sql::kInsertIds, Batch().Ints("id", {3})));
  ASSERT_OK(transaction.Commit());
  EXPECT_THAT(open_->Count(), IsOkAndHolds(3));
}

TEST_P(PostingTest, WhatWasPostedIsSeenByWhatFollows) {
  Transaction transaction = Begin(Mode::kWrite);
  ASSERT_OK(transaction.Post(sql::kInsertIds, Batch().Ints("id", {1, 2})));
  EXPECT_THAT(transaction.QueryOne<int64_t>(sql::kSumIds), IsOkAndHolds(std::tuple(3)));
}

TEST_P(PostingTest, APostedErrorIsToldAtTheLatestByTheCommit) {
  ASSERT_OK(open_->Insert(1));
  Transaction transaction = Begin(Mode::kWrite);
  transaction.Post(sql::kInsertIds, Batch().Ints("id", {2})).IgnoreError();
  transaction.Post(sql::kInsertIds, Batch().Ints("id", {1})).IgnoreError();
  transaction.Post(sql::kInsertOwned, Batch().Ints("id", {3}).Uuids("owner", {base::Uuid()}))
      .IgnoreError();
  const absl::Status taken = transaction.Commit();
  EXPECT_EQ(KindOf(taken), ErrorKind::kUnique);
  EXPECT_THAT(taken, StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("InsertIds")));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(PostingTest, APostedErrorIsToldByTheNextAnswer) {
  ASSERT_OK(open_->Insert(1));
  Transaction transaction = Begin(Mode::kWrite);
  transaction.Post(sql::kInsertIds, Batch().Ints("id", {1})).IgnoreError();
  const absl::Status taken = transaction.QueryOne<int64_t>(sql::kSumIds).status();
  EXPECT_EQ(KindOf(taken), ErrorKind::kUnique);
  EXPECT_EQ(transaction.Commit(), taken);
}

TEST_P(PostingTest, WhatWasPostedIsRolledBackWithTheRest) {
  {
    Transaction transaction = Begin(Mode::kWrite);
    ASSERT_OK(transaction.Post(sql::kInsertIds, Batch().Ints("id", {1})));
  }
  EXPECT_THAT(open_->Count(), IsOkAndHolds(0));
}

}  // namespace
}  // namespace tally::db
