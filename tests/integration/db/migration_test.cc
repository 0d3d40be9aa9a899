#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/base/uuid.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/migrations.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testkit::IsOk;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

class MigrationTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(url_, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(open_, Open(url_));
  }
  static Migration Second(const char* sql, const char* checksum) {
    return {2, "second", sql, checksum, sql, checksum};
  }

  std::string url_;
  std::unique_ptr<OpenDatabase> open_;
  const Migration first_ = fixture::kMigrations[0];
};
INSTANTIATE_ON_EVERY_DATABASE(MigrationTest);

TEST_P(MigrationTest, AppliesOnlyWhatIsMissing) {
  const Migration two[] = {
      first_, Second("CREATE TABLE a (x bigint);\nINSERT INTO thing (id)\nVALUES (1);", "c2")};
  EXPECT_OK(open_->database->Migrate("fixture", two));
  EXPECT_OK(open_->database->Migrate("fixture", two));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(MigrationTest, RefusesADatabaseThatIsNewerThanTheBinary) {
  const Migration two[] = {first_, Second("CREATE TABLE a (x bigint);", "c2")};
  ASSERT_OK(open_->database->Migrate("fixture", two));
  EXPECT_THAT(open_->database->Migrate("fixture", fixture::kMigrations),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("newer"), HasSubstr("fixture"))));
}

TEST_P(MigrationTest, RefusesAMigrationWhoseTextHasChanged) {
  Migration changed = first_;
  changed.postgresql_checksum = changed.sqlite_checksum = "other";
  EXPECT_THAT(open_->database->Migrate("fixture", absl::MakeConstSpan(&changed, 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another text")));
}

TEST_P(MigrationTest, LeavesNothingOfOneThatFails) {
  const Migration broken[] = {
      first_, Second("INSERT INTO thing (id) VALUES (1);\nINSERT INTO nowhere VALUES (1);", "c2")};
  EXPECT_THAT(open_->database->Migrate("fixture", broken),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("nowhere")));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(0));
  const Migration mended[] = {first_, Second("INSERT INTO thing (id) VALUES (1);", "c3")};
  EXPECT_OK(open_->database->Migrate("fixture", mended));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(MigrationTest, ManyAtOnceApplyItOnce) {
  const Migration two[] = {
      first_, Second("CREATE TABLE a (x bigint);\nINSERT INTO thing (id) VALUES (1);", "c2")};
  std::vector<std::unique_ptr<OpenDatabase>> others;
  for (int i = 0; i < 3 && open_->database->dialect() == Dialect::kPostgres; ++i) {
    ASSERT_OK_AND_ASSIGN(others.emplace_back(), Open(url_));
  }
  std::vector<absl::Status> results(3);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      Database& database = others.empty() ? *open_->database : *others[i]->database;
      results[i] = database.Migrate("fixture", two);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(results, testing::Each(IsOk()));
  EXPECT_THAT(open_->Count(), IsOkAndHolds(1));
}

TEST_P(MigrationTest, ADatabaseKeepsItsIdentity) {
  ASSERT_OK_AND_ASSIGN(const std::string identity, open_->database->Identity());
  EXPECT_OK(base::Uuid::Parse(identity));
  open_.reset();
  ASSERT_OK_AND_ASSIGN(open_, Open(url_));
  EXPECT_THAT(open_->database->Identity(), IsOkAndHolds(identity));
  ASSERT_OK_AND_ASSIGN(const std::string other_url, GetParam().MakeUrl());
  ASSERT_OK_AND_ASSIGN(const auto other, Open(other_url));
  EXPECT_NE(*other->database->Identity(), identity);
}

}  // namespace
}  // namespace tally::db
