#include "common/inbox/watched_handler.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

TEST(WatchedHandlerTest, EndsTheProcessWhenTheHandlerDoesNotReturnAndNotBefore) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::SqliteKind().MakeUrl());
  Replica replica(url);
  int ends = 0;
  WatchedHandler watched(
      replica.handler, absl::Seconds(10), [&] { ++ends; }, replica.telemetry.log);
  absl::Notification blocked, go_on;
  replica.handler.verdict = [&](db::Transaction&, const bus::Event&) {
    blocked.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  };
  std::thread applying([&] {
    const bus::Event event = testkit::MakeEvent(1, 1);
    EXPECT_OK(replica.database->Run(
        db::Mode::kWrite, replica.Deadline(),
        [&](db::Transaction& transaction) { return watched.Apply(transaction, {&event}); }));
  });
  blocked.WaitForNotification();
  for (int second = 0; second < 10; ++second) EXPECT_EQ(watched.Look(), absl::Seconds(1));
  EXPECT_EQ(ends, 0);
  watched.Look();
  EXPECT_EQ(ends, 1);
  go_on.Notify();
  applying.join();
  for (int second = 0; second < 100; ++second) watched.Look();
  EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace tally::inbox
