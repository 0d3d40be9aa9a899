#include "common/bus/stream_durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::bus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(StreamDurabilityTest, TellsHowManyReplicasHaveAll) {
  const auto durability = StreamDurability(nlohmann::json::parse(R"({
      "config": {"num_replicas": 3, "storage": "file", "max_age": 3600000000000, "max_bytes": -1},
      "cluster": {"leader": "a", "replicas": [
          {"name": "b", "current": true}, {"name": "c", "current": true, "offline": true}]}})"));
  EXPECT_THAT(durability, ElementsAre(Pair("max_age", "1h"), Pair("max_bytes", "none"),
                                      Pair("replicas", "3"), Pair("replicas_current", "2"),
                                      Pair("storage", "file"), Pair("sync", "not shown")));
}

TEST(StreamDurabilityTest, AReplicaThatDoesNotReadIsNotCurrent) {
  const auto durability = StreamDurability(nlohmann::json::parse(
      R"({"cluster": {"replicas": [1, null, {"current": "yes"}, {"current": true}]}})"));
  EXPECT_EQ(durability.at("replicas_current"), "2");
}

TEST(StreamDurabilityTest, NamesInWhatTheStreamIsWeakerThanDeclared) {
  StreamConfig declared;
  declared.replicas = 3;
  StreamState state;
  state.replicas = 1;
  state.storage = "memory";
  state.durability = {{"persist_mode", "async"}};
  EXPECT_THAT(Shortcomings(state, declared),
              ElementsAre("replicas is 1 and must be 3", "storage is memory and must be file",
                          "persist_mode is async and must be default"));
  state.replicas = 5;
  state.storage = "file";
  state.durability = {};
  EXPECT_THAT(Shortcomings(state, declared), IsEmpty());
}

}  // namespace
}  // namespace tally::bus
