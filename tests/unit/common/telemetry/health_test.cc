#include "common/telemetry/health.h"

#include "gtest/gtest.h"

namespace tally::telemetry {
namespace {

TEST(Health, IsWellWithoutChecks) {
  const Health health;
  EXPECT_TRUE(health.Live().ok());
  EXPECT_TRUE(health.Ready().ok());
}

TEST(Health, NamesTheFirstCheckThatFails) {
  Health health;
  health.AddReadiness("first", [] { return absl::OkStatus(); });
  health.AddReadiness("database", [] { return absl::UnavailableError("away"); });
  health.AddReadiness("third", [] { return absl::InternalError("too"); });
  EXPECT_EQ(health.Ready(), absl::UnavailableError("database: away"));
  EXPECT_TRUE(health.Live().ok());
}

TEST(Health, AsksAnewEveryTime) {
  Health health;
  absl::Status state = absl::UnavailableError("hangs");
  health.AddLiveness("relay", [&] { return state; });
  EXPECT_FALSE(health.Live().ok());
  state = absl::OkStatus();
  EXPECT_TRUE(health.Live().ok());
}

TEST(Health, ShowsDetailsThatHaveSomethingToSay) {
  Health health;
  EXPECT_EQ(health.Details(), "");
  health.AddDetail("database", [] { return "a commit survives machine"; });
  health.AddDetail("bus", [] { return ""; });
  EXPECT_EQ(health.Details(), "database: a commit survives machine\n");
}

}  // namespace
}  // namespace tally::telemetry
