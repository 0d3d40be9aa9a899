#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;
using testkit::kPatience;

constexpr char kOldDatabase[] = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e";
constexpr char kNewDatabase[] = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5f";

// An administrator, and an account that may use what is there and create nothing.
constexpr char kAccounts[] = R"(authorization { users: [
    { user: admin, password: secret },
    { user: service, password: secret, permissions: { publish: { deny: [
      "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.CONSUMER.DURABLE.CREATE.>" ] } } } ] })";

absl::StatusOr<Ended> Provision(const std::string& nats_url, std::vector<std::string> flags) {
  std::vector<std::string> argv = {ProgramPath("tally"), "provision",
                                   absl::StrCat("--nats=", nats_url), "--deadline=10s",
                                   "--activity=127.0.0.1:1"};
  argv.insert(argv.end(), flags.begin(), flags.end());
  return RunToEnd(std::move(argv));
}

std::string UrlOf(const testkit::NatsServer& server, const std::string& user) {
  return absl::StrCat("nats://", user, ":secret@127.0.0.1:", server.port());
}

TEST(ProvisionTest, CreatesOnceAndThenFindsAllAsDeclared) {
  ASSERT_OK_AND_ASSIGN(const auto nats, testkit::NatsServer::Start());
  const std::string database = absl::StrCat("--database_id=", kNewDatabase);
  ASSERT_OK_AND_ASSIGN(const Ended look, Provision(nats->url(), {"--dry_run", database}));
  EXPECT_EQ(look.exit_code, 4) << look.err;
  EXPECT_THAT(look.out, HasSubstr("would be created"));
  ASSERT_OK_AND_ASSIGN(const Ended made, Provision(nats->url(), {database}));
  EXPECT_EQ(made.exit_code, 0) << made.out << made.err;
  EXPECT_THAT(made.out, HasSubstr("created"));
  ASSERT_OK_AND_ASSIGN(const Ended again, Provision(nats->url(), {}));
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("as declared"));
}

TEST(ProvisionTest, ChangesOnlyWhatItIsToldTo) {
  ASSERT_OK_AND_ASSIGN(const auto nats, testkit::NatsServer::Start());
  const std::string old_database = absl::StrCat("--database_id=", kOldDatabase);
  const std::string new_database = absl::StrCat("--database_id=", kNewDatabase);
  ASSERT_OK(Provision(nats->url(), {old_database}));

  const std::vector<std::string> wanted = {new_database, "--stream_max_age=48h", "--json"};
  ASSERT_OK_AND_ASSIGN(const Ended shown, Provision(nats->url(), wanted));
  EXPECT_EQ(shown.exit_code, 4);
  nlohmann::json result = nlohmann::json::parse(shown.out);
  ASSERT_EQ(result["settings"].size(), 2) << result;
  EXPECT_EQ(result["settings"][0]["setting"], "max_age");
  EXPECT_EQ(result["settings"][0]["was"], "72h");
  EXPECT_EQ(result["settings"][0]["wanted"], "48h");
  EXPECT_THAT(result["settings"][0]["done"], HasSubstr("--update"));
  EXPECT_THAT(result["settings"][1]["done"], HasSubstr("--adopt"));

  auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), wanted.begin(), wanted.end());
    return Provision(nats->url(), more);
  };
  ASSERT_OK_AND_ASSIGN(const Ended unasked, with({"--update"}));
  EXPECT_EQ(unasked.exit_code, 2) << "nobody is there to ask";
  ASSERT_OK_AND_ASSIGN(const Ended updated, with({"--update", "--yes"}));
  EXPECT_EQ(updated.exit_code, 4) << "the database is still another";
  ASSERT_OK_AND_ASSIGN(const Ended adopted, with({"--adopt", "--yes"}));
  EXPECT_EQ(adopted.exit_code, 0) << adopted.out;
  ASSERT_OK_AND_ASSIGN(const Ended after, with({}));
  EXPECT_EQ(after.exit_code, 0) << after.out;
}

TEST(ProvisionTest, SaysWhatTheServerRefusesAndChangesTheRest) {
  ASSERT_OK_AND_ASSIGN(const auto nats, testkit::NatsServer::Start());
  ASSERT_OK(nats->Administer(
      "STREAM.CREATE.ORDERS",
      R"({"name": "ORDERS", "subjects": ["orders.v1.>"], "storage": "memory", "discard": "old"})"));
  ASSERT_OK_AND_ASSIGN(const Ended refused,
                       Provision(nats->url(), {absl::StrCat("--database_id=", kNewDatabase),
                                               "--update", "--yes", "--json"}));
  EXPECT_EQ(refused.exit_code, 4);
  for (const nlohmann::json& setting : nlohmann::json::parse(refused.out)["settings"]) {
    const bool storage = setting["setting"] == "storage";
    EXPECT_EQ(setting["right"], !storage) << setting;
    EXPECT_EQ(absl::StartsWith(setting["done"].get<std::string>(), "refused: JetStream: "), storage)
        << setting;
  }
}

// Services whose account may create nothing say what to run; an administrator runs it, and they go
// on by themselves.
TEST(ProvisionTest, ServicesThatMayCreateNothingAreProvidedFor) {
  ASSERT_OK_AND_ASSIGN(const auto nats, testkit::NatsServer::Start(kAccounts));
  System::Options options;
  ASSERT_OK_AND_ASSIGN(const std::string orders_database, options.database.MakeUrl());
  ASSERT_OK_AND_ASSIGN(const std::string activity_database, options.database.MakeUrl());
  const std::string service = absl::StrCat("--nats=", UrlOf(*nats, "service"));
  ServiceProcess orders({.program = "order_service",
                         .flags = {absl::StrCat("--database=", orders_database), service}});
  ServiceProcess activity({.program = "activity_service",
                           .flags = {absl::StrCat("--database=", activity_database), service}});
  ASSERT_OK(orders.Start());
  ASSERT_OK(activity.Start());
  EXPECT_EVENTUALLY(absl::StrContains(orders.Log(), "tally provision"), kPatience);
  EXPECT_EVENTUALLY(absl::StrContains(activity.Log(), "feeds database "), kPatience);
  const std::string log = activity.Log();
  const std::string database_id = log.substr(log.find("feeds database ") + 15, 36);

  const std::vector<std::string> place = {ProgramPath("tally"), "place", "--customer=ada",
                                          "--line=TEA:2:3.50",
                                          absl::StrCat("--orders=", orders.address())};
  ASSERT_OK_AND_ASSIGN(const Ended placed, RunToEnd(place));
  EXPECT_EQ(placed.exit_code, 0) << placed.err;
  ASSERT_OK_AND_ASSIGN(const Ended made, Provision(UrlOf(*nats, "admin"),
                                                   {absl::StrCat("--database_id=", database_id)}));
  EXPECT_EQ(made.exit_code, 0) << made.out << made.err << activity.Describe();
  EXPECT_EVENTUALLY(activity.Metric("tally_inbox_applied_total").value_or(0) == 1, kPatience);
}

// A second environment gets nothing until it is given the durable, and the first one nothing after.
TEST(ProvisionTest, AnotherEnvironmentTakesOverOnlyWhenTold) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  System::Options options;
  ASSERT_OK_AND_ASSIGN(const std::string database, options.database.MakeUrl());
  EXPECT_EVENTUALLY(absl::StrContains(system->activity().Log(), "durable created"), kPatience);
  ServiceProcess other({.program = "activity_service",
                        .flags = {absl::StrCat("--database=", database),
                                  absl::StrCat("--nats=", system->nats().url())}});
  ASSERT_OK(other.Start());
  EXPECT_EVENTUALLY(absl::StrContains(other.Log(), "and this one feeds database "), kPatience);
  const std::string log = other.Log();
  const size_t at = log.find("and this one feeds database ");
  const std::string database_id = log.substr(at + 28, 36);
  ASSERT_OK(RunTally(*system, {"place", "--customer=ada", "--line=TEA:2:3.50"}));
  EXPECT_EVENTUALLY(system->activity().Metric("tally_inbox_applied_total").value_or(0) == 1,
                    kPatience);
  EXPECT_EQ(other.Metric("tally_inbox_applied_total").value_or(-1), 0);

  ASSERT_OK_AND_ASSIGN(const Ended adopted,
                       Provision(system->nats().url(), {absl::StrCat("--database_id=", database_id),
                                                        "--adopt", "--yes"}));
  EXPECT_EQ(adopted.exit_code, 0) << adopted.out << adopted.err;
  EXPECT_EVENTUALLY(absl::StrContains(system->activity().Log(), "feeds database " + database_id),
                    kPatience);
  ASSERT_OK(RunTally(*system, {"place", "--customer=ada", "--line=TEA:2:3.50"}));
  EXPECT_EVENTUALLY(other.Metric("tally_inbox_applied_total").value_or(0) >= 1, kPatience);
  EXPECT_EQ(system->activity().Metric("tally_inbox_applied_total").value_or(-1), 1);
}

}  // namespace
}  // namespace tally::e2e
