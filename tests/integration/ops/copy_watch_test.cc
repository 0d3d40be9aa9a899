#include "common/ops/copy_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/step_thread.h"
#include "common/bus/nats_bus.h"
#include "common/outbox/outbox.h"
#include "tests/integration/ops/fixture_sql.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::ops {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testkit::kPatience;

// A process, as far as copies are concerned.
class Instance {
 public:
  Instance(const std::string& name, const std::string& database_url, const std::string& nats_url)
      : database_(db::Database::Open({.url = database_url}, clock_, telemetry_).value()),
        bus_(bus::NewNatsBus({.urls = {nats_url}, .name = name}, telemetry_).value()) {
    EXPECT_OK(outbox::Outbox::Migrate(*database_));
    watch_ = std::make_unique<CopyWatch>(CopyWatchOptions{.instance = name,
                                                          .ask_every = absl::Milliseconds(200),
                                                          .answer_timeout = absl::Milliseconds(100),
                                                          .heard_for = absl::Milliseconds(500)},
                                         *database_, *bus_, clock_, telemetry_);
  }

  void Start() {
    thread_ = std::make_unique<base::StepThread>("copy_watch", [this] { return watch_->Step(); });
  }
  std::string Identity() { return database_->Identity().value(); }
  void BecomeCopyOf(const std::string& identity) {
    EXPECT_OK(database_->Run(
        db::Mode::kWrite, clock_.Now() + kPatience, [&](db::Transaction& transaction) {
          return transaction.Execute(fixture::sql::kSetIdentity, {{"identity", identity}}).status();
        }));
  }
  // What the alarm says; empty: there is none.
  std::string Alarm() {
    Alarms alarms;
    watch_->RaiseAlarm(alarms);
    return alarms.empty() ? "" : alarms[0].name() + ": " + alarms[0].detail();
  }
  double Metric() { return telemetry_.metrics.AddGauge("tally_database_copied", "").Value(); }

 private:
  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  base::SystemClock clock_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<CopyWatch> watch_;
  std::unique_ptr<base::StepThread> thread_;
};

class CopyWatchTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server, testkit::NatsServer::Start());
    ASSERT_OK_AND_ASSIGN(url, GetParam().MakeUrl());
  }

  std::unique_ptr<Instance> NewInstance(const std::string& name) {
    return std::make_unique<Instance>(name, url, server->url());
  }
  std::unique_ptr<Instance> NewCopy(const std::string& identity) {
    auto copy = std::make_unique<Instance>("copy", GetParam().MakeUrl().value(), server->url());
    copy->BecomeCopyOf(identity);
    return copy;
  }

  std::unique_ptr<testkit::NatsServer> server;
  std::string url;
};
INSTANTIATE_ON_EVERY_DATABASE(CopyWatchTest);

TEST_P(CopyWatchTest, BothSidesRaiseTheAlarmWhileBothAreInUse) {
  const auto original = NewInstance("original");
  original->Start();
  auto copy = NewCopy(original->Identity());
  copy->Start();
  EXPECT_EVENTUALLY(!original->Alarm().empty() && !copy->Alarm().empty(), kPatience);
  EXPECT_THAT(original->Alarm(), HasSubstr("DATABASE_COPIED"));
  EXPECT_THAT(original->Alarm(), HasSubstr("instance copy"));
  EXPECT_THAT(copy->Alarm(), HasSubstr("instance original"));
  EXPECT_EQ(original->Metric(), 1);
  copy.reset();
  EXPECT_EVENTUALLY(original->Alarm().empty(), kPatience);
  EXPECT_EQ(original->Metric(), 0);
}

class CopyWatchReplicasTest : public CopyWatchTest {};
INSTANTIATE_TEST_SUITE_P(Databases, CopyWatchReplicasTest, testing::Values(testkit::PostgresKind()),
                         testkit::DatabaseName);

TEST_P(CopyWatchReplicasTest, InstancesOnOneDatabaseAreNoCopies) {
  const auto first = NewInstance("first");
  const auto second = NewInstance("second");
  first->Start();
  second->Start();
  const auto copy = NewCopy(first->Identity());
  copy->Start();
  EXPECT_EVENTUALLY(!first->Alarm().empty() && !second->Alarm().empty() && !copy->Alarm().empty(),
                    kPatience);
  EXPECT_THAT(first->Alarm(), HasSubstr("instance copy"));
  EXPECT_THAT(second->Alarm(), HasSubstr("instance copy"));
  EXPECT_THAT(copy->Alarm(), AnyOf(HasSubstr("instance first"), HasSubstr("instance second")));
}

}  // namespace
}  // namespace tally::ops
