// Encrypted calls, by real processes: with a certificate everything works, without one nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;

constexpr int kNoAnswer = 3;

TEST(TlsTest, CallersShowACertificateAndEveryCommandWorks) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.tls = true}));
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

TEST(TlsTest, WithoutACertificateNobodyIsAnswered) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.tls = true}));
  for (const std::string& flag : {std::string("--json"), "--tls_ca=" + system->tls().ca}) {
    ASSERT_OK_AND_ASSIGN(const Ended ended,
                         RunToEnd({ProgramPath("tally"), "list", flag, "--deadline=1s",
                                   "--orders=" + system->orders().address()}));
    EXPECT_EQ(ended.exit_code, kNoAnswer) << flag;
  }
  ASSERT_OK_AND_ASSIGN(const Ended wrong,
                       RunToEnd({ProgramPath("tally"), "list", "--tls_ca=" + system->tls().key}));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--tls_ca"));
  EXPECT_THAT(wrong.err, HasSubstr("holds no certificate in PEM"));
}

}  // namespace
}  // namespace tally::e2e
