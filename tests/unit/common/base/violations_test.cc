#include "common/base/violations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::base {
namespace {

TEST(ViolationsTest, KeepsEveryViolationInOrder) {
  Violations violations;
  EXPECT_TRUE(violations.empty());
  violations.Add("lines[3].quantity", "at least 1");
  violations.Add("currency", "an ISO 4217 code");
  EXPECT_FALSE(violations.empty());
  EXPECT_THAT(violations.list(), testing::ElementsAre(Violation{"lines[3].quantity", "at least 1"},
                                                      Violation{"currency", "an ISO 4217 code"}));
}

}  // namespace
}  // namespace tally::base
