#include "common/base/consistency_token.h"

#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using testkit::IsOkAndHolds;
using testkit::StatusIs;

const Uuid kLane = *Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");

TEST(ConsistencyToken, ComesBackAsItWas) {
  for (const int64_t sequence : {int64_t{1}, int64_t{255}, int64_t{1} << 40, INT64_MAX}) {
    const ConsistencyToken token = {kLane, sequence};
    EXPECT_THAT(ConsistencyToken::Parse(token.Encode()), IsOkAndHolds(token));
    EXPECT_LE(token.Encode().size(), 64);
  }
}

TEST(ConsistencyToken, RefusesWhatItDidNotMake) {
  const std::string token = ConsistencyToken{kLane, 7}.Encode();
  const std::string none = ConsistencyToken{kLane, 0}.Encode();
  for (const std::string& text :
       {std::string(), std::string("x"), token + "A", token.substr(1), token + "=", none}) {
    EXPECT_THAT(ConsistencyToken::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace tally::base
