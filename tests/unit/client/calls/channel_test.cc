#include "client/calls/channel.h"

#include <grpcpp/completion_queue.h>

#include "common/base/monotonic.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

// gRPC would wait a millisecond each time: for a load generator that looks for answers between two
// orders that is a thousand orders a second.
TEST(ToGprTimeTest, ATimeThatIsNowIsNoWait) {
  constexpr int kLooks = 200;
  grpc::CompletionQueue queue;
  const absl::Duration begin = base::MonotonicNow();
  for (int i = 0; i < kLooks; ++i) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_EQ(queue.AsyncNext(&tag, &ok, ToGprTime(base::MonotonicNow())),
              grpc::CompletionQueue::TIMEOUT);
  }
  EXPECT_LT(base::MonotonicNow() - begin, kLooks * absl::Milliseconds(1) / 2);
}

}  // namespace
}  // namespace tally::client
