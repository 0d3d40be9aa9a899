#include "common/db/durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testkit::IsOkAndHolds;

DurabilitySettings Postgres() {
  return {{"fsync", "on"},
          {"full_page_writes", "on"},
          {"synchronous_commit", "on"},
          {"synchronous_standby_names", ""},
          {"is_in_recovery", "off"}};
}

TEST(DurabilityTest, IsWhatTheWeakestSettingLeaves) {
  DurabilitySettings settings = Postgres();
  EXPECT_EQ(DurabilityOf(settings), Durability::kMachine);
  settings["synchronous_standby_names"] = "ANY 1 (*)";
  EXPECT_EQ(DurabilityOf(settings), Durability::kReplica);
  for (const char* name : {"fsync", "full_page_writes", "synchronous_commit"}) {
    DurabilitySettings weaker = settings;
    weaker[name] = "off";
    EXPECT_EQ(DurabilityOf(weaker), Durability::kProcess) << name;
  }
  settings["synchronous_commit"] = "local";
  EXPECT_EQ(DurabilityOf(settings), Durability::kMachine);
}

TEST(DurabilityTest, NamesEverySettingThatFallsShortAndWhatIsRequired) {
  DurabilitySettings settings = Postgres();
  settings["fsync"] = settings["full_page_writes"] = "off";
  EXPECT_THAT(Shortcomings(settings, Durability::kProcess), IsEmpty());
  EXPECT_THAT(Shortcomings(settings, Durability::kMachine),
              ElementsAre("fsync is off and must be on", "full_page_writes is off and must be on"));
  EXPECT_THAT(Shortcomings(Postgres(), Durability::kReplica),
              ElementsAre("synchronous_standby_names is empty and must be the names of standbys"));
}

TEST(DurabilityTest, OfSqliteEndsWithTheMachine) {
  DurabilitySettings settings = {{"journal_mode", "wal"}, {"synchronous", "full"}};
  EXPECT_EQ(DurabilityOf(settings), Durability::kMachine);
  EXPECT_THAT(Shortcomings(settings, Durability::kReplica), ElementsAre("SQLite has no replicas"));
  settings["synchronous"] = "normal";
  EXPECT_EQ(DurabilityOf(settings), Durability::kProcess);
  EXPECT_THAT(Shortcomings(settings, Durability::kMachine),
              ElementsAre("synchronous is normal and must be full"));
}

TEST(DurabilityTest, IsReadByItsName) {
  for (const auto durability : {Durability::kProcess, Durability::kMachine, Durability::kReplica}) {
    EXPECT_THAT(ParseDurability(Name(durability)), IsOkAndHolds(durability));
  }
  EXPECT_FALSE(ParseDurability("disk").ok());
}

}  // namespace
}  // namespace tally::db
