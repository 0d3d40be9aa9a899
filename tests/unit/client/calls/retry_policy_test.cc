#include "client/calls/retry_policy.h"

#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

grpc::Status Of(grpc::StatusCode code) { return grpc::Status(code, "from the transport"); }

grpc::Status OwnAnswer(absl::StatusCode code) {
  return rpc::ToGrpcStatus(rpc::Error(code, "SOME_REASON", "from the service"));
}

TEST(MayBeRetriedTest, RepeatsWhatMayHaveBeenDoneOrMayWorkLater) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED,
        grpc::StatusCode::CANCELLED, grpc::StatusCode::ABORTED}) {
    EXPECT_TRUE(MayBeRetried(Of(code))) << rpc::CodeName(code);
  }
}

TEST(MayBeRetriedTest, DoesNotRepeatARefusal) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND,
        grpc::StatusCode::ALREADY_EXISTS, grpc::StatusCode::PERMISSION_DENIED,
        grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::FAILED_PRECONDITION}) {
    EXPECT_FALSE(MayBeRetried(Of(code))) << rpc::CodeName(code);
  }
}

TEST(MayBeRetriedTest, RepeatsAfterAFullQueueButNotForAMessageTooLarge) {
  EXPECT_TRUE(MayBeRetried(
      rpc::ToGrpcStatus(rpc::ResourceExhausted("QUEUE_FULL", "full", absl::Milliseconds(1)))));
  EXPECT_FALSE(MayBeRetried(Of(grpc::StatusCode::RESOURCE_EXHAUSTED)));
}

TEST(MayBeRetriedTest, TellsABrokenConnectionFromAnErrorOfTheService) {
  EXPECT_TRUE(MayBeRetried(Of(grpc::StatusCode::INTERNAL)));
  EXPECT_TRUE(MayBeRetried(Of(grpc::StatusCode::UNKNOWN)));
  EXPECT_FALSE(MayBeRetried(OwnAnswer(absl::StatusCode::kInternal)));
}

TEST(RetryDelayTest, GrowsUpToASecond) {
  const grpc::Status away = Of(grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(RetryDelay(away, 1, 0), absl::Milliseconds(50));
  EXPECT_EQ(RetryDelay(away, 2, 0), absl::Milliseconds(100));
  EXPECT_EQ(RetryDelay(away, 100, 0), absl::Seconds(1));
}

TEST(RetryDelayTest, VariesByUpToAQuarter) {
  const grpc::Status away = Of(grpc::StatusCode::UNAVAILABLE);
  EXPECT_LT(RetryDelay(away, 5, 0.99), RetryDelay(away, 5, 0));
  EXPECT_GE(RetryDelay(away, 5, 0.99), 0.75 * RetryDelay(away, 5, 0));
}

TEST(RetryDelayTest, WaitsAtLeastAsLongAsTheServiceAsks) {
  const grpc::Status full =
      rpc::ToGrpcStatus(rpc::ResourceExhausted("QUEUE_FULL", "full", absl::Seconds(3)));
  EXPECT_EQ(RetryDelay(full, 1, 0), absl::Seconds(3));
  EXPECT_GT(RetryDelay(full, 1, 0.5), absl::Seconds(3));
}

}  // namespace
}  // namespace tally::client
