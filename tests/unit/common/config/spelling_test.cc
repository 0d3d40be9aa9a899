#include "common/config/spelling.h"

#include "gtest/gtest.h"

namespace tally::config {
namespace {

TEST(Spelling, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("database", "databse"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("widht", "width"), 1u);
}

TEST(Spelling, FindsTheNearestWordOnlyWhenItIsNear) {
  const std::vector<std::string> known = {"database", "listen", "nats"};
  EXPECT_EQ(NearestWord("databse", known), "database");
  EXPECT_EQ(NearestWord("listn", known), "listen");
  EXPECT_EQ(NearestWord("orders_service_host", known), "");
}

}  // namespace
}  // namespace tally::config
