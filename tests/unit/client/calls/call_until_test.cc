#include "client/calls/call_until.h"

#include "common/base/monotonic.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

Peer Nobody() { return {{"127.0.0.1", 1}}; }

TEST(CallUntilTest, RepeatsUntilItSucceeds) {
  int calls = 0;
  const grpc::Status status = CallUntil(absl::Seconds(20), Nobody(), [&](grpc::ClientContext&) {
    return ++calls < 4 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "away") : grpc::Status::OK;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(calls, 4);
}

TEST(CallUntilTest, ReturnsARefusalAtOnce) {
  int calls = 0;
  const grpc::Status status = CallUntil(absl::Seconds(20), Nobody(), [&](grpc::ClientContext&) {
    ++calls;
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such order");
  });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(calls, 1);
}

TEST(CallUntilTest, EndsAtTheDeadlineWithTheLastStatus) {
  const absl::Duration begin = base::MonotonicNow();
  const grpc::Status status = CallUntil(
      absl::Milliseconds(200), Nobody(),
      [](grpc::ClientContext&) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"); });
  EXPECT_EQ(status.error_message(), "away");
  EXPECT_LT(base::MonotonicNow() - begin, absl::Seconds(10));
}

TEST(CallUntilTest, GivesNoAttemptMoreThanFiveSeconds) {
  std::chrono::system_clock::time_point deadline;
  CallUntil(absl::Hours(1), Nobody(), [&](grpc::ClientContext& context) {
    deadline = context.deadline();
    return grpc::Status::OK;
  });
  EXPECT_LT(deadline, std::chrono::system_clock::now() + std::chrono::seconds(6));
}

}  // namespace
}  // namespace tally::client
