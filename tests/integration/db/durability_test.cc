#include "common/db/durability_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/db/database.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testkit::IsOk;
using testkit::StatusIs;

class DatabaseDurabilityTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& url, Durability minimum) {
    return Database::Open({.url = url, .durability_minimum = minimum}, clock, telemetry);
  }
  double Level() { return telemetry.metrics.AddGauge("tally_database_durability", "").Value(); }

  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
};

TEST_F(DatabaseDurabilityTest, LessThanTheMinimumIsRefusedByName) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
  EXPECT_THAT(Open(url, Durability::kProcess), IsOk());
  EXPECT_THAT(Open(url, Durability::kMachine),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("--durability_minimum=machine"),
                             HasSubstr("fsync is off and must be on"))));
  EXPECT_THAT(Open(url, Durability::kReplica),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("synchronous_standby_names is empty")));
}

TEST_F(DatabaseDurabilityTest, AServerThatSyncsSurvivesTheMachine) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start({.fsync = true}));
  ASSERT_OK_AND_ASSIGN(const auto database, Open(server->url("postgres"), Durability::kMachine));
  DurabilityWatch watch(*database, telemetry);
  EXPECT_EQ(watch.Describe(), "");
  watch.Step();
  EXPECT_EQ(Level(), 1);
  EXPECT_THAT(watch.Describe(),
              AllOf(HasSubstr("a commit survives machine"), HasSubstr("fsync=on")));
}

TEST_F(DatabaseDurabilityTest, SqliteSyncsAndHasNoReplicas) {
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::SqliteKind().MakeUrl());
  EXPECT_THAT(Open(url, Durability::kMachine), IsOk());
  EXPECT_THAT(Open(url, Durability::kReplica),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("SQLite has no replicas")));
}

}  // namespace
}  // namespace tally::db
