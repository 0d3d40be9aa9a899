#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kSharedFlags[][32] = {
    "listen",    "http",       "database",      "database_sessions", "nats", "instance",
    "log_level", "log_format", "drain_timeout", "flagfile",          "help", "durability_minimum"};

void ExpectHelpNames(const std::string& program, const std::vector<std::string>& own_flags) {
  ASSERT_OK_AND_ASSIGN(const Ended help, RunToEnd({ProgramPath(program), "--help"}));
  EXPECT_EQ(help.exit_code, 0);
  std::vector<std::string> flags(std::begin(kSharedFlags), std::end(kSharedFlags));
  flags.insert(flags.end(), own_flags.begin(), own_flags.end());
  for (const std::string& flag : flags) {
    EXPECT_THAT(help.out, testing::ContainsRegex(absl::StrCat("\n  --", flag, "\\b"))) << program;
  }
}

TEST(StartTest, HelpNamesEveryFlag) {
  ExpectHelpNames("order_service", {"writers", "max_event_bytes", "queue_orders", "lease",
                                    "outbox_retention", "order_retention"});
  ExpectHelpNames("activity_service", {"ack_wait", "batch_events", "letter_attempts",
                                       "unknown_type_for", "letter_retention"});
}

TEST(StartTest, VersionIsTold) {
  for (const std::string program : {"order_service", "activity_service", "tally"}) {
    ASSERT_OK_AND_ASSIGN(const Ended version, RunToEnd({ProgramPath(program), "--version"}));
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_EQ(version.out, absl::StrCat(program, " " TALLY_VERSION "\n"));
  }
}

TEST(StartTest, WhatTheStreamKeepsIsKeptLongerByTheOutboxAndThatByTheOrders) {
  ASSERT_OK_AND_ASSIGN(const Ended ended,
                       RunToEnd({ProgramPath("order_service"), "--stream_max_age=72h",
                                 "--outbox_retention=72h", "--order_retention=71h"}));
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("--outbox_retention: must be above --stream_max_age"),
                               HasSubstr("--order_retention: must be above --outbox_retention")));
}

TEST(StartTest, AllThatIsWrongIsListedAtOnce) {
  for (const std::string program : {"order_service", "activity_service"}) {
    ASSERT_OK_AND_ASSIGN(const Ended ended,
                         RunToEnd({ProgramPath(program), "--listen=nowhere", "--database=mysql:x",
                                   "--database_sessions=0", "--no_such_flag=1", "stray"}));
    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("--listen"), HasSubstr("--database:"),
                                 HasSubstr("--database_sessions"), HasSubstr("no_such_flag"),
                                 HasSubstr("stray")));
    EXPECT_EQ(ended.out, "");
  }
}

TEST(StartTest, ADatabaseThatIsLessDurableThanItMustBeIsRefused) {
  ASSERT_OK_AND_ASSIGN(testkit::PostgresServer* const postgres, testkit::PostgresServer::Shared());
  for (const std::string program : {"order_service", "activity_service"}) {
    ASSERT_OK_AND_ASSIGN(const std::string url, postgres->CreateDatabase());
    const std::vector<std::string> argv = {ProgramPath(program), "--listen=127.0.0.1:0",
                                           "--http=127.0.0.1:0", "--nats=nats://127.0.0.1:1",
                                           absl::StrCat("--database=", url)};
    ASSERT_OK_AND_ASSIGN(const Ended refused, RunToEnd(argv));
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("--durability_minimum=machine"),
                                   HasSubstr("fsync is off and must be on")));
    ServiceProcess service(
        {.program = program, .flags = {"--nats=nats://127.0.0.1:1", "--database=" + url}});
    ASSERT_OK(service.Start());  // with --durability_minimum=process
    EXPECT_EVENTUALLY(absl::StrContains(service.Log(), "a commit survives process (fsync=off"),
                      absl::Seconds(60));
    EXPECT_THAT(service.Metric("tally_database_durability"), testkit::IsOkAndHolds(0));
  }
}

TEST(StartTest, AStreamThatIsLessDurableThanDeclaredIsAnAlarmAndStopsNothing) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  const testkit::TempDir dir;
  ServiceProcess service({.program = "order_service",
                          .flags = {"--nats=" + system->nats().url(), "--stream_replicas=3",
                                    "--database=sqlite:" + dir.File("orders.db")}});
  ASSERT_OK(service.Start());
  const auto tally = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), ProgramPath("tally"));
    arguments.push_back("--orders=" + service.address());
    const absl::StatusOr<Ended> ended = RunToEnd(std::move(arguments));
    EXPECT_OK(ended);
    return ended.value_or(Ended{});
  };
  EXPECT_EQ(tally({"place", "--customer=ada", "--line=TEA:1:1.00"}).exit_code, 0);
  EXPECT_EVENTUALLY(absl::StrContains(tally({"ops", "outbox", "status"}).out,
                                      "ALARM BUS_NOT_DURABLE: replicas is 1 and must be 3\n"),
                    absl::Seconds(60));
  EXPECT_EVENTUALLY(service.Metric("tally_bus_stream_shortcomings").value_or(0) == 1,
                    absl::Seconds(60));
  EXPECT_THAT(service.Log(), HasSubstr("the bus is less durable than declared"));
}

TEST(StartTest, ASecondProcessOnASqliteFileNamesTheFirst) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  for (const auto& [service, database] :
       {std::pair("order_service", system->orders_database()),
        std::pair("activity_service", system->activity_database())}) {
    const bool orders = database == system->orders_database();
    const pid_t first = orders ? system->orders().pid() : system->activity().pid();
    ASSERT_OK_AND_ASSIGN(const Ended second,
                         RunToEnd({ProgramPath(service), "--listen=127.0.0.1:0",
                                   "--http=127.0.0.1:0", absl::StrCat("--database=", database),
                                   absl::StrCat("--nats=", system->nats().url())}));
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.err, HasSubstr(absl::StrCat("process ", first)));
  }
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(StartTest, SecretsAreReadFromAFileAndShownNowhere) {
  ASSERT_OK_AND_ASSIGN(testkit::PostgresServer* const postgres, testkit::PostgresServer::Shared());
  const testkit::TempDir dir;
  for (const std::string program : {"order_service", "activity_service"}) {
    ASSERT_OK_AND_ASSIGN(const std::string url, postgres->CreateDatabase());
    const std::string secret = dir.File(program);
    std::ofstream(secret) << absl::StrReplaceAll(url, {{"tally@", "tally:hunter2@"}}) << "\n";
    ServiceProcess service(
        {.program = program,
         .flags = {"--nats=nats://127.0.0.1:1", "--log_level=debug"},  // Nobody listens there.
         .env = {{"TALLY_DATABASE_FILE", secret}}});
    ASSERT_OK(service.Start());
    const std::string proc = absl::StrCat("/proc/", service.pid());
    EXPECT_THAT(ReadFile(proc + "/cmdline"), AllOf(HasSubstr(program), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(ReadFile(proc + "/environ"), AllOf(HasSubstr(secret), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(service.Terminate(absl::Seconds(20)), testkit::IsOkAndHolds(0));
    EXPECT_THAT(service.Log(), AllOf(HasSubstr("serving"), Not(HasSubstr("hunter2"))));
  }
}

}  // namespace
}  // namespace tally::e2e
