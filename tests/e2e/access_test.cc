// Encrypted calls and calls with tokens, by real processes: with what is asked for everything
// works, without it nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;

constexpr int kRefused = 1;
constexpr int kWrongUsage = 2;
constexpr int kNoAnswer = 3;

struct Access {
  const char* name;
  bool tls;
  bool jwt;
};

class AccessTest : public testing::TestWithParam<Access> {};
INSTANTIATE_TEST_SUITE_P(Ways, AccessTest,
                         testing::Values(Access{"Tls", true, false}, Access{"Jwt", false, true},
                                         Access{"TlsAndJwt", true, true}),
                         [](const auto& way) { return way.param.name; });

TEST_P(AccessTest, CallersShowWhatIsAskedForAndEveryCommandWorks) {
  ASSERT_OK_AND_ASSIGN(const auto system,
                       System::Start({.tls = GetParam().tls, .jwt = GetParam().jwt}));
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"place", "--customer=ada", "--line=TEA:1:1.00", "--wait"},
           {"load", "--count=20"},
           {"load", "--count=20", "--bulk"},
           {"list"},
           {"activity"},
           {"watch", "--count=1"},
           {"ops", "outbox", "status"},
           {"ops", "inbox", "status"},
           {"audit", "--deep"}}) {
    ASSERT_OK_AND_ASSIGN(const Ended ended, RunTally(*system, command));
    EXPECT_EQ(ended.exit_code, 0) << command[0] << "\n" << ended.out << ended.err;
  }
}

// Without the flags that RunTally adds.
absl::StatusOr<Ended> List(const System& system, const std::string& flag) {
  return RunToEnd({ProgramPath("tally"), "list", flag, "--deadline=1s",
                   "--orders=" + system.orders().address()});
}

TEST(TlsTest, WithoutACertificateNobodyIsAnswered) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.tls = true}));
  for (const std::string& flag : {std::string("--json"), "--tls_ca=" + system->tls().ca}) {
    ASSERT_OK_AND_ASSIGN(const Ended ended, List(*system, flag));
    EXPECT_EQ(ended.exit_code, kNoAnswer) << flag;
  }
  ASSERT_OK_AND_ASSIGN(const Ended wrong, List(*system, "--tls_ca=" + system->tls().key));
  EXPECT_EQ(wrong.exit_code, kWrongUsage);
  EXPECT_THAT(wrong.err, HasSubstr("--tls_ca"));
  EXPECT_THAT(wrong.err, HasSubstr("holds no certificate in PEM"));
}

TEST(JwtTest, WithoutATokenThatAllowsItACallIsRefused) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.jwt = true}));
  ASSERT_OK_AND_ASSIGN(const Ended none, List(*system, "--json"));
  EXPECT_EQ(none.exit_code, kRefused);
  EXPECT_THAT(none.err, HasSubstr("authorization: Bearer TOKEN"));

  const testkit::TempDir dir;
  const std::string path = dir.File("token");
  std::ofstream(path) << system->issuer()->Issue("ada", "orders.write");
  ASSERT_OK_AND_ASSIGN(const Ended other, List(*system, "--token_file=" + path));
  EXPECT_EQ(other.exit_code, kRefused);
  EXPECT_THAT(other.err, HasSubstr("orders.read"));

  ASSERT_OK_AND_ASSIGN(const Ended nowhere, List(*system, "--token_file=/none"));
  EXPECT_EQ(nowhere.exit_code, kWrongUsage);
  EXPECT_THAT(nowhere.err, HasSubstr("--token_file"));
  const std::string token = system->issuer()->Issue("ada", "orders.read");
  ASSERT_OK_AND_ASSIGN(const Ended shown, List(*system, "--token_file=" + token));
  EXPECT_EQ(shown.exit_code, kWrongUsage);
  EXPECT_THAT(shown.err, testing::Not(HasSubstr(token.substr(0, 20))));
}

TEST(JwtTest, TheThreeFlagsBelongTogether) {
  ASSERT_OK_AND_ASSIGN(
      const Ended ended,
      RunToEnd({ProgramPath("order_service"), "--jwt_keys=/none", "--database=sqlite:/none/x"}));
  EXPECT_EQ(ended.exit_code, kWrongUsage);
  EXPECT_THAT(ended.err, HasSubstr("--jwt_issuer"));
  EXPECT_THAT(ended.err, HasSubstr("--jwt_audience"));
  EXPECT_THAT(ended.err, HasSubstr("/none cannot be read"));
}

}  // namespace
}  // namespace tally::e2e
