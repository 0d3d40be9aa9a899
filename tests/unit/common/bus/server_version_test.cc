#include "common/bus/server_version.h"

#include <gtest/gtest.h>

namespace tally::bus {
namespace {

TEST(ServerVersionTest, IsReadFromTheGreeting) {
  EXPECT_EQ(ParseServerVersion("INFO {\"server_id\":\"N\",\"version\":\"2.9.10\",\"go\":\"1\"} \r"),
            "2.9.10");
  for (const char* other : {"", "INFO", "INFO {", "INFO []", "INFO {\"version\":2}", "-ERR 'no'"}) {
    EXPECT_EQ(ParseServerVersion(other), "") << other;
  }
}

TEST(ServerVersionTest, IsEmptyWhereNobodyListens) {
  EXPECT_EQ(AskServerVersion("127.0.0.1:1", absl::Seconds(1)), "");
  EXPECT_EQ(AskServerVersion("nonsense", absl::Seconds(1)), "");
}

}  // namespace
}  // namespace tally::bus
