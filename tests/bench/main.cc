// ./dev bench [SUITE…]: measures the whole system and its parts, in one run, alternating.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/ratios.h"
#include "tests/bench/suites/suites.h"
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
  return {RatesSuite(), StagesSuite(), PeerSuite(), DrainSuite(), GrowthSuite()};
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

void Print(const Report& report, const std::vector<Ratio>& ratios,
           const nlohmann::ordered_json& about) {
  const std::vector<Report::Column> rates = {{"orders/s", "orders_per_second"},
                                             {"p50 µs", "p50_us"},
                                             {"p99 µs", "p99_us"},
                                             {"p99.9 µs", "p99_9_us"},
                                             {"counted p50 µs", "counted_p50_us"},
                                             {"counted p99 µs", "counted_p99_us"},
                                             {"in a batch", "orders_per_batch"}};
  std::cout << "\n"
            << report.Table("rates/", rates) << report.Table("half load/", rates)
            << "Of 1,000 orders: CPU time in ms (order_service, activity_service, nats-server, "
               "PostgreSQL, tally), bytes of WAL or files;\npeak memory in MiB of both services\n"
            << report.Table("rates/", {{"order_s", "cpu_ms_per_1000_orders.order_service"},
                                       {"activity_s", "cpu_ms_per_1000_orders.activity_service"},
                                       {"nats", "cpu_ms_per_1000_orders.nats-server"},
                                       {"PostgreSQL", "cpu_ms_per_1000_orders.PostgreSQL"},
                                       {"tally", "cpu_ms_per_1000_orders.tally"},
                                       {"WAL", "wal_bytes_per_1000_orders"},
                                       {"files", "written_bytes_per_1000_orders"},
                                       {"order_s MiB", "peak_memory_mib.order_service"},
                                       {"activity_s MiB", "peak_memory_mib.activity_service"}})
            << report.Table("stages/", {{"per second", "orders_per_second"},
                                        {"p50 µs", "p50_us"},
                                        {"average µs", "average_us"},
                                        {"CPU µs each", "cpu_us_per_order"}})
            << report.Table("peer/", {{"orders/s", "orders_per_second"}})
            << report.Table("drain/", {{"events/s", "events_per_second"},
                                       {"events", "events"},
                                       {"peak MiB", "peak_memory_mib"}})
            << report.Table("growth/", {{"orders/s", "orders_per_second"},
                                        {"events/s", "events_per_second"},
                                        {"rows", "rows"},
                                        {"order_s MiB", "peak_memory_mib.order_service"},
                                        {"activity_s MiB", "peak_memory_mib.activity_service"}})
            << ToTable(ratios) << "\n"
            << about.dump(2) << "\n";
}

absl::Status Run(const Options& options, const std::vector<Suite>& suites) {
  ASSIGN_OR_RETURN(const auto postgres, testkit::PostgresServer::Start({.fsync = true}));
  ASSIGN_OR_RETURN(const nlohmann::ordered_json about, DescribeMachine(*postgres));
  Timetable timetable = TimetableOf(suites, options);
  Bench bench(options, *postgres, timetable);
  for (size_t i = timetable.Next(); i < suites.size(); i = timetable.Next()) {
    RETURN_IF_ERROR(suites[i].run_round(bench));
  }

  const std::vector<Ratio> ratios = RatiosOf(bench.report());
  Print(bench.report(), ratios, about);
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
  return plot.exit_code == 0 ? absl::OkStatus() : absl::InternalError(plot.err);
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(Usage());
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
  const absl::Status status = Run(options, *suites);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace tally::bench

int main(int argc, char** argv) { return tally::bench::Main(argc, argv); }
