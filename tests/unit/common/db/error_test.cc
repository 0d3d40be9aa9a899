#include "common/db/error.h"

#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

TEST(ErrorTest, TellsKindAndSqlStateAgain) {
  for (const ErrorKind kind :
       {ErrorKind::kUnique, ErrorKind::kData, ErrorKind::kRetry, ErrorKind::kConnection,
        ErrorKind::kResources, ErrorKind::kUnknownOutcome, ErrorKind::kStatement}) {
    const absl::Status error = MakeError(kind, "12345", "FindLane", "so it is");
    EXPECT_EQ(KindOf(error), kind);
    EXPECT_EQ(SqlStateOf(error), "12345");
    EXPECT_THAT(std::string(error.message()), testing::HasSubstr("(FindLane, 12345): so it is"));
  }
}

TEST(ErrorTest, OtherStatusesHaveNoKind) {
  EXPECT_EQ(KindOf(absl::OkStatus()), ErrorKind::kNone);
  EXPECT_EQ(KindOf(absl::AbortedError("not ours")), ErrorKind::kNone);
  EXPECT_EQ(SqlStateOf(absl::AbortedError("not ours")), "");
}

TEST(ErrorTest, AStatusSaysWhatTheCallerShouldDo) {
  EXPECT_THAT(MakeError(ErrorKind::kRetry, "", ""), testkit::StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(MakeError(ErrorKind::kConnection, "", ""),
              testkit::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(MakeError(ErrorKind::kResources, "", ""),
              testkit::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(MakeError(ErrorKind::kUnknownOutcome, "", ""),
              testkit::StatusIs(absl::StatusCode::kUnknown));
}

}  // namespace
}  // namespace tally::db
