#include "client/ops/ops_commands.h"

#include <cstdio>

namespace tally::client {
namespace {

constexpr char kOverview[] =
    "  ops outbox status       lanes, what is still to be published, the bus, alarms\n"
    "  ops outbox lanes        lanes, those opened last first\n"
    "  ops outbox parked       events that the bus refused for their own sake\n"
    "  ops outbox retry        publish parked events again\n"
    "  ops outbox discard      give parked events up for ever\n"
    "  ops inbox status        what is covered, letters, the bus, alarms\n"
    "  ops inbox watermarks    what is covered of each lane\n"
    "  ops inbox missing       where consumer and producer do not agree\n"
    "  ops inbox accept        accept that a producer no longer has these events\n"
    "  ops inbox adopt         take another database for a producer's own\n"
    "  ops inbox letters       events that could not be applied\n"
    "  ops inbox redrive       try letters again\n"
    "  ops inbox discard       give letters up for ever\n"
    "\n"
    "`tally help ops outbox lanes` shows the flags of one. A status that names an alarm ends with\n"
    "exit code 8; what each alarm means and what to do about it stands in docs/operations.md.\n";

std::vector<Command> OutboxCommands() {
  return {{.name = "ops outbox status",
           .arguments = "",
           .summary = "show the outbox at a glance",
           .details = "",
           .flags = {},
           .run = RunOutboxStatus},
          {.name = "ops outbox lanes",
           .arguments = "",
           .summary = "list lanes, those opened last first",
           .details = "--state is open or closed.",
           .flags = {"state", "unpublished", "limit", "all"},
           .run = RunOutboxLanes},
          {.name = "ops outbox parked",
           .arguments = "",
           .summary = "list events that the bus refused, those changed last first",
           .details = "--state is parked or void. --details may show personal data.",
           .flags = {"state", "lane", "type", "details", "limit", "all"},
           .run = RunOutboxParked},
          {.name = "ops outbox retry",
           .arguments = "EVENT_ID... | --all",
           .summary = "have parked events published again",
           .details = "An EVENT_ID is LANE_ID/SEQUENCE. They stay listed until the bus has them.",
           .flags = {"all"},
           .run = RunOutboxRetry},
          {.name = "ops outbox discard",
           .arguments = "EVENT_ID... --reason=TEXT",
           .summary = "give parked events up for ever: consumers move past them",
           .details = "",
           .flags = {"reason", "yes"},
           .run = RunOutboxDiscard}};
}

std::vector<Command> InboxCommands() {
  return {{.name = "ops inbox status",
           .arguments = "",
           .summary = "show the inbox at a glance",
           .details = "",
           .flags = {},
           .run = RunInboxStatus},
          {.name = "ops inbox watermarks",
           .arguments = "",
           .summary = "list what is covered of each lane",
           .details = "",
           .flags = {"source", "lane", "gaps", "limit", "all"},
           .run = RunInboxWatermarks},
          {.name = "ops inbox missing",
           .arguments = "",
           .summary = "list ranges in which consumer and producer do not agree",
           .details = "--state is unanswered, parked, trimmed or unknown.",
           .flags = {"source", "lane", "state", "limit", "all"},
           .run = RunInboxMissing},
          {.name = "ops inbox accept",
           .arguments = "LANE_ID/FIRST-LAST --reason=TEXT",
           .summary = "accept for ever that a producer no longer has these events",
           .details = "What is trimmed or unknown there. What was counted of it stays counted.",
           .flags = {"reason", "yes"},
           .run = RunInboxAccept},
          {.name = "ops inbox adopt",
           .arguments = "SOURCE DATABASE_ID --reason=TEXT",
           .summary = "take another database for a producer's own, because it was moved there",
           .details = "As `ops inbox status` shows it when the producer answers from another "
                      "database than it had.",
           .flags = {"reason", "yes"},
           .run = RunInboxAdopt},
          {.name = "ops inbox letters",
           .arguments = "",
           .summary = "list events that could not be applied, by their first failure",
           .details = "--state is retrying, dead or discarded. --details may show personal data.",
           .flags = {"state", "lane", "type", "error", "from", "to", "details", "limit", "all"},
           .run = RunInboxLetters},
          {.name = "ops inbox redrive",
           .arguments = "EVENT_ID... | FILTERS | --all",
           .summary = "have letters tried again, dead ones included",
           .details = "By id all or none. Trying a letter twice counts it once.",
           .flags = {"state", "lane", "type", "error", "from", "to", "all"},
           .run = RunInboxRedrive},
          {.name = "ops inbox discard",
           .arguments = "EVENT_ID... --reason=TEXT | FILTERS --reason=TEXT | --all --reason=TEXT",
           .summary = "give letters up for ever: their events are never counted",
           .details = "",
           .flags = {"state", "lane", "type", "error", "from", "to", "all", "reason", "yes"},
           .run = RunInboxDiscard}};
}

}  // namespace

std::vector<Command> OpsCommands() {
  std::vector<Command> commands = {{.name = "ops",
                                    .arguments = "outbox|inbox WHAT",
                                    .summary = "show and mend outbox and inbox: tally help ops",
                                    .details = kOverview,
                                    .flags = {},
                                    .run = RunOps}};
  for (Command& command : OutboxCommands()) commands.push_back(command);
  for (Command& command : InboxCommands()) commands.push_back(command);
  return commands;
}

ExitCode RunOps(Invocation& invocation) {
  invocation.problems.Add("ops", "say what, such as `tally ops outbox status`");
  return ExitCode::kWrongUsage;
}

}  // namespace tally::client
