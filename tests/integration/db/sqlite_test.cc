#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/db/error.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::db {
namespace {

namespace sql = fixture::sql;
using testing::AllOf;
using testing::HasSubstr;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

constexpr char kPathVariable[] = "DB_TEST_SQLITE_PATH";

class SqliteTest : public testing::Test {
 protected:
  testkit::TempDir dir_;
};

TEST_F(SqliteTest, KeepsWhatItCommittedOverALossOfPower) {
  ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + dir_.File("a.db")));
  auto transaction = open->Begin(Mode::kWrite);
  ASSERT_OK(transaction);
  EXPECT_THAT(transaction->QueryOne<std::string>(sql::kJournalMode),
              IsOkAndHolds(std::tuple("wal")));
  EXPECT_THAT(transaction->QueryOne<int64_t>(sql::kSynchronous),
              IsOkAndHolds(std::tuple(2)));  // FULL
}

TEST_F(SqliteTest, TakesAFileOfTheFolderItRunsIn) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  EXPECT_OK(Open("sqlite:a.db"));
  EXPECT_TRUE(std::filesystem::exists(dir_.File("a.db")));
  std::filesystem::current_path(before);
}

TEST_F(SqliteTest, ASecondOpeningOfOneFileIsRefused) {
  const std::string path = dir_.File("a.db");
  {
    ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + path));
    ASSERT_EQ(::symlink(path.c_str(), dir_.File("b.db").c_str()), 0);
    EXPECT_THAT(Open("sqlite:" + dir_.File("b.db")),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr(absl::StrCat("process ", ::getpid()))));
  }
  EXPECT_OK(Open("sqlite:" + path));
}

// What the next test runs in a process of its own.
TEST_F(SqliteTest, DISABLED_HoldAFileUntilKilled) {
  const char* path = std::getenv(kPathVariable);
  ASSERT_NE(path, nullptr);
  ASSERT_OK_AND_ASSIGN(const auto open, Open(absl::StrCat("sqlite:", path)));
  std::printf("\nholding\n");
  std::fflush(stdout);
  ::pause();
}

TEST_F(SqliteTest, ASecondProcessIsToldThePidOfTheFirst) {
  const std::string path = dir_.File("a.db");
  ASSERT_OK_AND_ASSIGN(
      const auto holder,
      testkit::Process::Start({.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                        "--gtest_filter=*HoldAFileUntilKilled"},
                               .env = {{kPathVariable, path}}}));
  ASSERT_OK(holder->WaitForLine("holding", absl::Seconds(20)));
  EXPECT_THAT(Open("sqlite:" + path),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(path), HasSubstr(absl::StrCat("process ", holder->pid())))));
  holder->Kill();
  EXPECT_OK(Open("sqlite:" + path));
}

TEST_F(SqliteTest, AWriterGivesUpAtItsDeadline) {
  ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + dir_.File("a.db")));
  auto writing = open->Begin(Mode::kWrite);
  ASSERT_OK(writing);
  const auto refused =
      Transaction::Begin(*open->database, Mode::kWrite, open->clock.Now() + absl::Milliseconds(50));
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConnection);
}

TEST_F(SqliteTest, AFullDiskIsTheEnvironments) {
  ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + dir_.File("a.db")));
  std::vector<int64_t> ids(10'000);
  std::iota(ids.begin(), ids.end(), 1);
  {
    auto transaction = open->Begin(Mode::kWrite);
    ASSERT_OK(transaction);
    ASSERT_OK(transaction->QueryOne<int64_t>(sql::kAllowNoMorePages));
    const absl::Status full =
        transaction->Post(sql::kInsertIds, Batch().Ints("id", {ids.begin(), ids.end()}));
    EXPECT_EQ(KindOf(full), ErrorKind::kResources) << full;
  }
  EXPECT_OK(open->Insert(1));  // By a session of its own, which knows of no limit.
}

TEST_F(SqliteTest, AQueryThatWasStoppedKeepsNoSnapshot) {
  ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + dir_.File("a.db")));
  ASSERT_OK(open->Insert(1));
  ASSERT_OK(open->Insert(2));
  const absl::Status stopped =
      open->Begin(Mode::kRead)->Query<int64_t>(sql::kListIds, {}, [](int64_t) {
        return absl::CancelledError();
      });
  ASSERT_THAT(stopped, StatusIs(absl::StatusCode::kCancelled));
  auto same_session = open->Begin(Mode::kRead);
  ASSERT_OK(open->Insert(3));
  EXPECT_THAT(same_session->QueryOne<int64_t>(sql::kCountThings), IsOkAndHolds(std::tuple(3)));
}

TEST_F(SqliteTest, TakesPathsWithOddCharacters) {
  for (const char* name : {"a b.db", "a=b.db", "a = b c.db", "a'b;c.db", "ü.db"}) {
    const std::string path = dir_.File(name);
    ASSERT_OK_AND_ASSIGN(const auto open, Open("sqlite:" + path));
    EXPECT_EQ(::access(path.c_str(), F_OK), 0) << path;
  }
}

TEST_F(SqliteTest, NamesAFolderThatIsMissing) {
  EXPECT_THAT(Open("sqlite:" + dir_.File("none/a.db")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("none/a.db")));
  EXPECT_THAT(Open("sqlite:"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsNamedAsSuch) {
  const std::string path = dir_.File("a.db");
  FILE* file = std::fopen(path.c_str(), "w");
  for (int i = 0; i < 1000; ++i) std::fputs("no database", file);
  std::fclose(file);
  const auto refused = Open("sqlite:" + path);
  EXPECT_EQ(SqlStateOf(refused.status()), "SQLITE_26");
}

}  // namespace
}  // namespace tally::db
