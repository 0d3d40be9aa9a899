#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/calls/channel.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/provisioning.h"
#include "client/terminal/question.h"
#include "client/terminal/table.h"
#include "common/base/monotonic.h"
#include "common/base/uuid.h"
#include "common/bus/nats_library.h"
#include "common/bus/stream_settings.h"
#include "common/bus/topology.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"

namespace tally::client {
namespace {

constexpr absl::Duration kAskForDatabase = absl::Seconds(2);

struct Plan {
  bus::StreamConfig stream;
  bus::DurableConfig durable;
  ProvisionWishes wishes;
};

// Empty where the service does not tell.
std::string AskForDatabase(const Settings& settings) {
  const auto stub = ops::v1::InboxService::NewStub(OpenChannel(settings.activity));
  grpc::ClientContext context;
  context.set_deadline(ToGprTime(base::MonotonicNow() + kAskForDatabase));
  ops::v1::GetInboxStatusResponse status;
  const bool told = stub->GetInboxStatus(&context, {}, &status).ok();
  return told ? status.database().database_id() : "";
}

Plan ReadPlan(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  if (!invocation.arguments.empty()) problems.Add(invocation.arguments[0], "is not expected");
  Plan plan{.stream = bus::OrdersStream(), .durable = {}, .wishes = {}};
  bus::ReadStreamSettings(plan.stream, problems);
  plan.wishes = {.create = !absl::GetFlag(FLAGS_dry_run),
                 .update = absl::GetFlag(FLAGS_update),
                 .adopt = absl::GetFlag(FLAGS_adopt)};
  if (!plan.wishes.create && (plan.wishes.update || plan.wishes.adopt)) {
    problems.Add("--dry_run", "changes nothing: without --update and --adopt");
  }
  std::string database_id = absl::GetFlag(FLAGS_database_id);
  if (!database_id.empty() && !base::Uuid::Parse(database_id).ok()) {
    problems.Add("--database_id", "must be a UUID, as activity_service names it");
  }
  if (!problems.empty()) return plan;
  if (database_id.empty()) database_id = AskForDatabase(invocation.settings);
  plan.durable = bus::DurableOf(plan.stream, bus::kActivityConsumer, database_id);
  if (database_id.empty()) plan.durable.description.clear();
  plan.durable.ack_wait = absl::GetFlag(FLAGS_ack_wait);
  return plan;
}

// Takes a wish back where the operator does not confirm it. False: nobody is there to ask.
bool Confirm(const std::string& question, bool& wish) {
  if (!wish || absl::GetFlag(FLAGS_yes)) return true;
  const Consent consent = Ask(question);
  wish = consent == Consent::kGiven;
  return consent != Consent::kNobodyToAsk;
}

bool ConfirmAll(const Provisioning& provisioning, const bus::DurableConfig& durable,
                ProvisionWishes& wishes) {
  wishes.update = wishes.update && provisioning.differences() > 0;
  wishes.adopt = wishes.adopt && !provisioning.feeds_another().empty();
  return Confirm(absl::StrCat("Change ", provisioning.differences(),
                              " settings of the running stream and durable?"),
                 wishes.update) &&
         Confirm(absl::StrCat("Durable ", durable.name, " ", provisioning.feeds_another(),
                              ". From now on that one would get no more events from it, and this "
                              "one would get those that are not acknowledged yet. It ",
                              durable.description, " then. Take it over?"),
                 wishes.adopt);
}

std::string ToJson(const Provisioning& provisioning) {
  nlohmann::json settings = nlohmann::json::array();
  for (const ProvisionedSetting& setting : provisioning.settings()) {
    settings.push_back({{"object", setting.object},
                        {"setting", setting.setting},
                        {"was", setting.was},
                        {"wanted", setting.wanted},
                        {"done", setting.done},
                        {"right", setting.right}});
  }
  return nlohmann::json{{"settings", settings}, {"all_right", provisioning.AllRight()}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ToTable(const Provisioning& provisioning) {
  using Align = Table::Align;
  Table table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  table.AddRow({"what", "setting", "was", "wanted", "done"});
  for (const ProvisionedSetting& setting : provisioning.settings()) {
    table.AddRow({setting.object, setting.setting, setting.was, setting.wanted, setting.done});
  }
  return table.ToString();
}

ExitCode Fail(const absl::Status& status) {
  std::fprintf(stderr, "tally: %s\n", std::string(status.message()).c_str());
  return absl::IsUnavailable(status) ? ExitCode::kUnavailable : ExitCode::kRefused;
}

}  // namespace

ExitCode RunProvision(Invocation& invocation) {
  Plan plan = ReadPlan(invocation);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kWarning,
                                 "tally");
  const bus::NatsLibrary nats_library;
  const auto provisioner =
      bus::Provisioner::Connect({.urls = absl::GetFlag(FLAGS_nats).urls, .name = "tally"},
                                telemetry, absl::Now() + settings.deadline);
  if (!provisioner.ok()) return Fail(provisioner.status());
  Provisioning provisioning(**provisioner, plan.stream, plan.durable, settings.deadline);
  if (const absl::Status looked = provisioning.Look(); !looked.ok()) return Fail(looked);
  if (!ConfirmAll(provisioning, plan.durable, plan.wishes)) {
    invocation.problems.Add("--yes", "must be given where nobody can be asked");
    return ExitCode::kWrongUsage;
  }
  provisioning.Mend(plan.wishes);
  std::fputs(settings.json ? (ToJson(provisioning) + "\n").c_str() : ToTable(provisioning).c_str(),
             stdout);
  return provisioning.AllRight() ? ExitCode::kOk : ExitCode::kIncomplete;
}

}  // namespace tally::client
