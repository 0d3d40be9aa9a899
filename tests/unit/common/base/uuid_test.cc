#include "common/base/uuid.h"

#include <gtest/gtest.h>

#include "absl/container/flat_hash_set.h"
#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using ::tally::testkit::IsOkAndHolds;
using ::tally::testkit::StatusIs;

const Uuid kUuid({0x01, 0x93, 0x4a, 0xbc, 0xde, 0xf0, 0x71, 0x23, 0x84, 0x56, 0x78, 0x9a, 0xbc,
                  0xde, 0xf0, 0xff});

TEST(UuidTest, WritesLowerCaseAndReadsEitherCase) {
  EXPECT_EQ(kUuid.ToString(), "01934abc-def0-7123-8456-789abcdef0ff");
  EXPECT_THAT(Uuid::Parse("01934abc-def0-7123-8456-789abcdef0ff"), IsOkAndHolds(kUuid));
  EXPECT_THAT(Uuid::Parse("01934ABC-DEF0-7123-8456-789ABCDEF0FF"), IsOkAndHolds(kUuid));
  EXPECT_THAT(Uuid::Parse("00000000-0000-0000-0000-000000000000"), IsOkAndHolds(Uuid()));
}

TEST(UuidTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "01934abcdef071238456789abcdef0ff", "01934abc-def0-7123-8456-789abcdef0f",
        "01934abc-def0-7123-8456-789abcdef0fff", "{1934abc-def0-7123-8456-789abcdef0f}",
        "01934abc-def0-7123-8456-789abcdef0fg", "01934abcd-ef0-7123-8456-789abcdef0ff",
        "01934abc0def0-7123-8456-789abcdef0ff", "01934abc-def0-7123-8456--89abcdef0ff",
        " 1934abc-def0-7123-8456-789abcdef0ff", "01934abc-def0-7123-8456-789abcdef0f\xff"}) {
    EXPECT_THAT(Uuid::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(UuidTest, IsOrderedLikeItsText) {
  Uuid::Bytes bytes = kUuid.bytes();
  bytes[15] = 0x01;
  EXPECT_LT(Uuid(bytes), kUuid);
  bytes[0] = 0xf0;
  EXPECT_GT(Uuid(bytes), kUuid);
  EXPECT_GT(Uuid(bytes).ToString(), kUuid.ToString());
}

TEST(UuidTest, IsNilByDefault) {
  EXPECT_TRUE(Uuid().is_nil());
  EXPECT_FALSE(kUuid.is_nil());
}

TEST(UuidTest, IsAHashKey) {
  const absl::flat_hash_set<Uuid> set = {kUuid, Uuid(), kUuid};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.contains(kUuid));
}

}  // namespace
}  // namespace tally::base
