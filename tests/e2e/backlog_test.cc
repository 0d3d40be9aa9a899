#include <memory>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/order_flow.h"
#include "tests/e2e/system.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(180);

// The bus away, then activity_service away, then both there again while orders go on flowing: late
// is not lost.
TEST(BacklogTest, NothingIsAskedForThatTheRelayOrTheStreamStillHas) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.database = testkit::PostgresKind(),
                                                         .activity_flags = {"--heal_every=1s"}}));
  const auto published = [&] {
    return system->orders().Metric("tally_relay_published_total").value_or(-1);
  };
  system->nats().Kill();
  ASSERT_OK(PlaceInBulk(*system, 50'000));
  ASSERT_OK(system->nats().Restart());
  ASSERT_OK_AND_ASSIGN(const auto flow, OrderFlow::Start(*system));
  const absl::Time published_late = absl::Now();
  EXPECT_EVENTUALLY(CountsAllUntil(published_late, *system), kPatience);

  system->activity().Kill();
  ASSERT_OK(PlaceInBulk(*system, 150'000));
  EXPECT_EVENTUALLY(published() >= 200'000, kPatience);
  ASSERT_OK(system->activity().Start());
  const absl::Time counted_late = absl::Now();
  EXPECT_EVENTUALLY(CountsAllUntil(counted_late, *system), kPatience);
  EXPECT_OK(flow->Stop());
  EXPECT_EVENTUALLY(CountedToday(*system).value() == PlacedToday(*system).value(), kPatience);
  EXPECT_THAT(system->orders().Metric("tally_outbox_healing_events_total"),
              testkit::IsOkAndHolds(0));
}

}  // namespace
}  // namespace tally::e2e
