#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

constexpr char kOrder[] = TALLY_E2E_DIR "/data/place_order.json";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReflectionTest, TheOrderPlacedHereIsTheOneOfTheReadme) {
  const std::string order = ReadFile(kOrder);
  ASSERT_FALSE(order.empty());
  EXPECT_THAT(ReadFile(TALLY_E2E_DIR "/../../README.md"), testing::HasSubstr(order));
}

TEST(ReflectionTest, AClientWithNoneOfOurCodePlacesAnOrderAndSeesItCounted) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(const Ended client,
                       RunToEnd({"/usr/bin/python3", TALLY_E2E_DIR "/reflection_client.py",
                                 absl::StrCat("--stubs=", TALLY_E2E_STUBS),
                                 absl::StrCat("--orders=", system->orders().address()),
                                 absl::StrCat("--activity=", system->activity().address()),
                                 absl::StrCat("--order=", kOrder)}));
  EXPECT_EQ(client.exit_code, 0) << client.out << client.err;
}

}  // namespace
}  // namespace tally::e2e
