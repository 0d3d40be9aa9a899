#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

TEST(ReflectionTest, AClientWithNoneOfOurCodePlacesAnOrderAndSeesItCounted) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(
      const Ended client,
      RunToEnd({"/usr/bin/python3", TALLY_E2E_DIR "/reflection_client.py",
                absl::StrCat("--stubs=", TALLY_E2E_STUBS),
                absl::StrCat("--orders=", system->orders().address()),
                absl::StrCat("--activity=", system->activity().address()),
                absl::StrCat("--order=", TALLY_E2E_DIR, "/data/place_order.json")}));
  EXPECT_EQ(client.exit_code, 0) << client.out << client.err;
}

}  // namespace
}  // namespace tally::e2e
