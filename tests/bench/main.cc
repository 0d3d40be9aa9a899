// ./dev bench [SUITE…]: measures the whole system and its parts, in one run, alternating.

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/postgres_query.h"
#include "tests/bench/ratios.h"
#include "tests/bench/suites/suites.h"
#include "tests/bench/tables.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/postgres_server.h"

ABSL_FLAG(bool, quick, false, "The main ratios alone, in less than a minute.");
ABSL_FLAG(int, rounds, 5, "Repetitions; suites that take long have fewer.");
ABSL_FLAG(absl::Duration, span, absl::Seconds(5), "How long each rate is measured.");
ABSL_FLAG(int64_t, events, 1'000'000, "Events of a backlog that is drained.");
ABSL_FLAG(int64_t, unsent, 10'000'000, "Events that wait while the bus is absent.");
ABSL_FLAG(int64_t, stored, 10'000'000, "Orders that are stored already.");
ABSL_FLAG(std::string, json, "", "A file for all that was measured.");
ABSL_FLAG(std::string, svg, "", "A folder for the curves.");

namespace tally::bench {
namespace {

Options OptionsFromFlags() {
  Options options{.quick = absl::GetFlag(FLAGS_quick),
                  .rounds = absl::GetFlag(FLAGS_rounds),
                  .span = absl::GetFlag(FLAGS_span),
                  .backlog_events = absl::GetFlag(FLAGS_events),
                  .unsent_events = absl::GetFlag(FLAGS_unsent),
                  .stored_orders = absl::GetFlag(FLAGS_stored)};
  if (options.quick) {
    options.rounds = 1;
    options.span = absl::Seconds(3);
  }
  return options;
}

std::vector<Suite> AllSuites() {
  return {RatesSuite(), StagesSuite(), PeerSuite(), AccessSuite(), DrainSuite(), GrowthSuite()};
}

std::string Usage() {
  std::string usage =
      "measures Tallystick on this machine\n\n  tally_bench [--quick] [SUITE…] [--rounds=N] "
      "[--span=5s] [--json=FILE] [--svg=DIR]\n\n";
  for (const Suite& suite : AllSuites()) {
    absl::StrAppend(&usage, "  ", suite.name, std::string(10 - std::string(suite.name).size(), ' '),
                    suite.summary, "\n");
  }
  return usage;
}

// All of them where none is named. INVALID_ARGUMENT names one that there is not.
absl::StatusOr<std::vector<Suite>> Choose(const std::vector<std::string>& names, bool quick) {
  if (quick && names.empty()) return std::vector<Suite>{RatesSuite(), StagesSuite(), PeerSuite()};
  if (names.empty()) return AllSuites();
  std::vector<Suite> chosen;
  for (const std::string& name : names) {
    const std::vector<Suite> all = AllSuites();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Suite& suite) { return suite.name == name; });
    if (found == all.end()) return absl::InvalidArgumentError(absl::StrCat("no suite ", name));
    chosen.push_back(*found);
  }
  return chosen;
}

Timetable TimetableOf(const std::vector<Suite>& suites, const Options& options) {
  std::vector<Timetable::Entry> entries;
  for (const Suite& suite : suites) {
    entries.push_back({.rounds = std::min(options.rounds, suite.rounds_max),
                       .round_time = suite.round_time(options)});
  }
  return Timetable(std::move(entries));
}

absl::StatusOr<std::unique_ptr<testkit::PostgresServer>> StartPostgres() {
  ASSIGN_OR_RETURN(auto postgres, testkit::PostgresServer::Start(
                                      {.fsync = true, .settings = {"min_wal_size=1GB"}}));
  ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(postgres->url("postgres")));
  RETURN_IF_ERROR(query.RunFile("recycle_wal.sql", {}));
  return postgres;
}

absl::Status Run(const Options& options, const std::vector<Suite>& suites) {
  ASSIGN_OR_RETURN(const auto postgres, StartPostgres());
  ASSIGN_OR_RETURN(const nlohmann::ordered_json about, DescribeMachine(*postgres));
  Timetable timetable = TimetableOf(suites, options);
  Bench bench(options, *postgres, timetable);
  for (size_t i = timetable.Next(); i < suites.size(); i = timetable.Next()) {
    RETURN_IF_ERROR(suites[i].run_round(bench));
    RETURN_IF_ERROR(bench.CleanUp());
  }

  const std::vector<Ratio> ratios = RatiosOf(bench.report());
  std::cout << "\n" << TablesOf(bench.report()) << ToTable(ratios) << "\n" << about.dump(2) << "\n";
  nlohmann::ordered_json json = about;
  json["ratios"] = ToJson(ratios);
  json["cases"] = bench.report().Json();
  const testkit::TempDir dir;
  std::string file = absl::GetFlag(FLAGS_json);
  if (file.empty()) file = dir.File("bench.json");
  std::ofstream(file) << json.dump(1) << "\n";
  const std::string svg = absl::GetFlag(FLAGS_svg);
  if (svg.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const e2e::Ended plot,
                   e2e::RunToEnd({"/usr/bin/python3", TALLY_BENCH_DIR "/plot.py", file, svg}));
  if (plot.exit_code != 0) return absl::InternalError(plot.err);
  std::cout << "curves in " << svg << "\n";
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(Usage());
  absl::FlagsUsageConfig help;
  help.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "tests/bench/main.cc");
  };
  absl::SetFlagsUsageConfig(help);
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  const Options options = OptionsFromFlags();
  if (options.rounds < 1 || options.span < absl::Seconds(1)) {
    std::cerr << "--rounds must be 1 or more, --span 1s or more\n";
    return 2;
  }
  const auto suites = Choose({rest.begin() + 1, rest.end()}, options.quick);
  if (!suites.ok()) {
    std::cerr << suites.status().message() << "; see --help\n";
    return 2;
  }
  // For all that it starts: nats-server's heap is given huge pages, and filling them with zeros
  // holds its deliveries up for tens of milliseconds.
  if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) std::cerr << "transparent huge pages stay on\n";
  const absl::Status status = Run(options, *suites);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace tally::bench

int main(int argc, char** argv) { return tally::bench::Main(argc, argv); }
