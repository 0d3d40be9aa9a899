#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "client/arguments.h"
#include "client/commands.h"
#include "client/help.h"
#include "client/ops/ops_commands.h"
#include "client/settings.h"
#include "common/config/command_line.h"
#include "common/config/spelling.h"

namespace tally::client {
namespace {

std::vector<Command> MakeCommands() {
  std::vector<Command> commands = {
      {.name = "place",
       .arguments = "--customer=NAME --line=SKU:QUANTITY:PRICE[:DESCRIPTION]...",
       .summary = "place one order",
       .details = "Prints the order's id, its total and its consistency token; with --wait also "
                  "its day in\n"
                  "the statistics, once the order is counted, or why it is not.",
       .flags = {"customer", "currency", "line", "request_id", "place_time", "wait", "time_zone"},
       .run = RunPlace},
      {.name = "get",
       .arguments = "ORDER_ID",
       .summary = "show one order",
       .details = "",
       .flags = {},
       .run = RunGet},
      {.name = "cancel",
       .arguments = "ORDER_ID",
       .summary = "cancel one order; one that is cancelled already stays as it is",
       .details =
           "Prints the order as it stands then and the consistency token of its cancellation.",
       .flags = {"reason", "etag", "request_id"},
       .run = RunCancel},
      {.name = "list",
       .arguments = "",
       .summary = "list orders by the time they were placed",
       .details = "With --json one response for each page, each on a line of its own.",
       .flags = {"customer", "state", "from", "to", "newest_first", "limit"},
       .run = RunList},
      {.name = "activity",
       .arguments = "[--from=DAY] [--to=DAY]",
       .summary = "show what happened, day by day",
       .details = "Says below how far the numbers can be trusted.",
       .flags = {"from", "to", "time_zone"},
       .run = RunActivity},
      {.name = "watch",
       .arguments = "[--date=DAY]",
       .summary = "follow a day as it is counted",
       .details =
           "Draws the day live on a terminal; elsewhere prints a line for each message of the\n"
           "service: the day as it stands, each change, and a heartbeat after ten seconds of\n"
           "silence. Begins again when the service goes away; Ctrl-C ends it with exit code 0. "
           "Exit\n"
           "code 3 if no message came within --deadline or --for.",
       .flags = {"date", "time_zone", "interval", "count", "for"},
       .run = RunWatch},
      {.name = "import",
       .arguments = "--csv=FILE",
       .summary = "place the orders of a retail file; again changes nothing",
       .details =
           "The file is CSV with the columns InvoiceNo, StockCode, Description, Quantity,\n"
           "InvoiceDate (as 2010-12-01 08:26:00, taken as UTC), UnitPrice (GBP) and CustomerID.\n"
           "Each InvoiceNo becomes one order: request_id is the InvoiceNo, place_time the "
           "earliest\n"
           "InvoiceDate of the invoice, customer the CustomerID or `guest`.\n"
           "Left out are credit notes (InvoiceNo begins with C), lines whose quantity or unit "
           "price\n"
           "is not above zero, malformed lines, and invoices of which no line is left. An order "
           "that\n"
           "the service refuses, as for a description of over 256 characters, is reported and the\n"
           "import goes on. An order is told to have been there already by its create time.",
       .flags = {"csv", "report", "concurrency"},
       .run = RunImport},
      {.name = "load",
       .arguments = "--count=N | --duration=TIME [--rate=N]",
       .summary = "place generated orders and measure",
       .details =
           "With --rate orders are sent by the clock and latency counts from the time each was "
           "due;\n"
           "without, --concurrency orders are kept under way. Ctrl-C ends the run with its result.",
       .flags = {"rate", "duration", "count", "concurrency", "connections", "bulk",
                 "message_orders", "customers", "lines", "seed"},
       .run = RunLoad},
      {.name = "provision",
       .arguments = "--nats=URL [--database_id=UUID]",
       .summary = "make the stream and the durable consumer, or show how they differ",
       .details =
           "Creates what is missing, as the services would if their account may. What is there is "
           "only\n"
           "compared: --update changes it, --adopt lets the durable feed another database, both "
           "after a\n"
           "question. Give the --stream_* flags and --ack_wait the values that the services have.",
       .flags = {"nats", "stream_replicas", "stream_max_age", "stream_max_bytes", "ack_wait",
                 "database_id", "adopt", "update", "dry_run", "yes"},
       .run = RunProvision},
      {.name = "audit",
       .arguments = "[--deep [--from=DAY] [--to=DAY]]",
       .summary = "hold what was written against what was counted",
       .details =
           "For each lane: what was written, published, parked, covered, what became letters, was "
           "given\n"
           "up by operators (discarded, void, accepted) or is missing. Exact while "
           "orders\n"
           "flow: what is on its way is waited for until --deadline. Lanes that are closed and "
           "match\n"
           "are added up, unless --all. With --deep also count and sum of each day, from the "
           "orders\n"
           "themselves. Changes nothing. Exit code 9 if the halves do not match.",
       .flags = {"deep", "from", "to", "all", "metrics_file"},
       .run = RunAudit},
      {.name = "erase",
       .arguments = "--customer=NAME",
       .summary = "erase a customer's personal data from both services, for ever",
       .details =
           "The name becomes `[erased]` in orders, events and letters; orders and statistics "
           "stay.\n"
           "May be repeated. docs/retention.md tells what the stream and backups keep, and for how "
           "long.",
       .flags = {"customer", "yes"},
       .run = RunErase}};
  for (Command& command : OpsCommands()) commands.push_back(std::move(command));
  return commands;
}

const std::vector<Command>& Commands() {
  static const auto& commands = *new std::vector<Command>(MakeCommands());
  return commands;
}

int Exit(ExitCode code) { return static_cast<int>(code); }

int ExitWithUnknown(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : Commands()) names.push_back(command.name);
  const std::string nearest = config::NearestWord(name, names);
  std::fprintf(stderr, "tally: no such command: %s%s; see `tally help`\n", name.c_str(),
               nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?").c_str());
  return Exit(ExitCode::kWrongUsage);
}

// `words` name a command, or none at all.
int ExitWithHelp(std::vector<std::string> words) {
  if (!words.empty() && words[0] == "help") words.erase(words.begin());
  const Command* command = FindCommand(Commands(), words);
  if (command == nullptr && !words.empty()) return ExitWithUnknown(words[0]);
  std::fputs((command != nullptr ? HelpOf(*command) : HelpOf(Commands())).c_str(), stdout);
  return Exit(ExitCode::kOk);
}

int ExitWith(const base::Violations& problems, const Command& command) {
  for (const base::Violation& problem : problems.list()) {
    std::fprintf(stderr, "tally: %s: %s\n", problem.field.c_str(), problem.description.c_str());
  }
  std::fprintf(stderr, "See `tally help %s`.\n", command.name.c_str());
  return Exit(ExitCode::kWrongUsage);
}

int Run(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"tally"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  base::Violations problems;
  config::CommandLine line =
      config::Parse(static_cast<int>(argv.size()), argv.data(), {"tally", ""}, problems);
  std::vector<std::string>& arguments = line.arguments;
  if (AsksForHelp(words)) return ExitWithHelp(arguments);
  if (line.answer.has_value()) {
    std::fputs(line.answer->c_str(), stdout);
    return Exit(ExitCode::kOk);
  }
  if (arguments.empty()) {
    std::fputs(HelpOf(Commands()).c_str(), stderr);
    return Exit(ExitCode::kWrongUsage);
  }
  if (arguments[0] == "help") return ExitWithHelp(arguments);
  const Command* command = FindCommand(Commands(), arguments);
  if (command == nullptr) return ExitWithUnknown(arguments[0]);
  const auto words_of_name = std::count(command->name.begin(), command->name.end(), ' ') + 1;
  arguments.erase(arguments.begin(), arguments.begin() + words_of_name);
  CheckFlagsOf(*command, words, problems);
  const Settings settings = ReadSettings(problems);
  Invocation invocation{settings, arguments, problems};
  const ExitCode code = command->run(invocation);
  return problems.empty() ? Exit(code) : ExitWith(problems, *command);
}

}  // namespace
}  // namespace tally::client

int main(int argc, char** argv) {
  // The distribution's Abseil checks the order of all locks, gRPC's included, at a cost to each.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return tally::client::Run(
      tally::client::CompleteLone(tally::client::MergeRepeated(words, "line"), "wait", "10s"));
}
