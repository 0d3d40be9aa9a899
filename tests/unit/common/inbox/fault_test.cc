#include "common/inbox/fault.h"

#include <gtest/gtest.h>

#include "common/db/error.h"

namespace tally::inbox {
namespace {

Fault Of(db::ErrorKind kind) { return FaultOf(db::MakeError(kind, "XX000", "Statement")); }

TEST(FaultTest, AnOutageIsNeverTheEventsFault) {
  EXPECT_EQ(Of(db::ErrorKind::kConnection), Fault::kDatabase);
  EXPECT_EQ(Of(db::ErrorKind::kRetry), Fault::kDatabase);
  EXPECT_EQ(Of(db::ErrorKind::kResources), Fault::kDatabase);
  EXPECT_EQ(Of(db::ErrorKind::kUnknownOutcome), Fault::kDatabase);
}

TEST(FaultTest, DataThatDoesNotFitIsTheEventsFaultThoughItIsInvalidArgument) {
  EXPECT_EQ(Of(db::ErrorKind::kData), Fault::kEvent);
  EXPECT_EQ(Of(db::ErrorKind::kUnique), Fault::kEvent);
}

TEST(FaultTest, AFailedStatementIsUnclear) {
  EXPECT_EQ(Of(db::ErrorKind::kStatement), Fault::kUnclear);
}

TEST(FaultTest, TheHandlersOwnErrorsAreTheEvents) {
  EXPECT_EQ(FaultOf(absl::InvalidArgumentError("not a protobuf")), Fault::kUndecodable);
  EXPECT_EQ(FaultOf(absl::InternalError("no")), Fault::kEvent);
  EXPECT_EQ(FaultOf(absl::UnavailableError("no")), Fault::kEvent);
}

}  // namespace
}  // namespace tally::inbox
