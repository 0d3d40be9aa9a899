#include "common/config/service_settings.h"

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "gtest/gtest.h"

ABSL_DECLARE_FLAG(int, database_sessions);
ABSL_DECLARE_FLAG(absl::Duration, drain_timeout);
ABSL_DECLARE_FLAG(std::string, instance);

namespace tally::config {
namespace {

TEST(ServiceSettings, DefaultsAreLoopbackAndUsable) {
  base::Violations problems;
  const ServiceSettings settings = ReadServiceSettings(problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(settings.listen.host, "127.0.0.1");
  EXPECT_EQ(settings.http.host, "127.0.0.1");
}

TEST(ServiceSettings, EveryInstanceHasANameOfItsOwn) {
  base::Violations problems;
  EXPECT_NE(ReadServiceSettings(problems).instance, ReadServiceSettings(problems).instance);
}

TEST(ServiceSettings, NamesEveryValueOutOfRange) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_database_sessions, 0);
  absl::SetFlag(&FLAGS_drain_timeout, absl::Seconds(-1));
  absl::SetFlag(&FLAGS_instance, std::string(129, 'x'));
  base::Violations problems;
  ReadServiceSettings(problems);
  EXPECT_EQ(problems.list().size(), 3u);
}

}  // namespace
}  // namespace tally::config
