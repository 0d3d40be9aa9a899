#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

TEST(DeployedDemoTest, RunsWithTheEnvironmentConfigurationAndSecretsOfItsManifests) {
  ASSERT_OK_AND_ASSIGN(const auto postgres, testkit::PostgresServer::Start({.fsync = true}));
  ASSERT_OK_AND_ASSIGN(
      const Ended demo,
      RunToEnd({"/usr/bin/python3", TALLY_DEPLOY_TEST_DIR "/demo_test.py",
                "--source=" TALLY_SOURCE_DIR, "--bin=" TALLY_BIN_DIR,
                absl::StrCat("--postgres_port=", postgres->port()), "--postgres_user=tally"},
               absl::Seconds(180)));
  EXPECT_EQ(demo.exit_code, 0) << demo.out << demo.err;
}

}  // namespace
}  // namespace tally::e2e
