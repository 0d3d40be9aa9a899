#include "client/calls/failure.h"

#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

grpc::Status TwoViolations() {
  base::Violations violations;
  violations.Add("lines[0].quantity", "must be at least 1");
  violations.Add("currency", "must be a code");
  return rpc::ToGrpcStatus(rpc::BadRequest(violations));
}

TEST(FailureTest, NamesEachViolatedFieldOnALineOfItsOwn) {
  EXPECT_EQ(Describe(TwoViolations()),
            "INVALID_ARGUMENT INVALID_FIELDS\n"
            "  lines[0].quantity: must be at least 1\n"
            "  currency: must be a code\n");
}

TEST(FailureTest, FitsOneLineForReports) {
  EXPECT_EQ(DescribeBriefly(TwoViolations()),
            "lines[0].quantity: must be at least 1; currency: must be a code");
  EXPECT_EQ(DescribeBriefly(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such order")),
            "NOT_FOUND: no such order");
}

TEST(FailureTest, TellsRefusalFromAbsenceInTheExitCode) {
  EXPECT_EQ(ExitCodeOf(grpc::Status::OK), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(TwoViolations()), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "")), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "")),
            ExitCode::kUnavailable);
}

}  // namespace
}  // namespace tally::client
