// ./dev chaos: real processes under faults and load, against a ledger of what clients were told.

#include <algorithm>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/chaos/campaign.h"
#include "tests/chaos/disk.h"
#include "tests/chaos/fault.h"

ABSL_FLAG(uint64_t, seed, 0, "Of the faults and the orders; 0: another one each time.");
ABSL_FLAG(double, minutes, 1, "How long faults strike; each kind strikes once all the same.");
ABSL_FLAG(std::string, database, "postgresql",
          "postgresql: two instances of each service; sqlite: one.");
ABSL_FLAG(std::string, bus, "single",
          "single: one nats-server; cluster: three, streams replicated.");
ABSL_FLAG(double, rate, 60, "Orders a second, at most.");
ABSL_FLAG(absl::Duration, catch_up, absl::Seconds(30),
          "Within which everything must be settled and counted after the last fault.");
ABSL_FLAG(std::vector<std::string>, without, {}, "Kinds of faults to leave out.");
ABSL_FLAG(std::vector<std::string>, only, {}, "The kinds of faults there are to be; none: all.");
ABSL_FLAG(std::string, logs, "", "A folder for the services' logs.");

namespace tally::chaos {
namespace {

constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int64_t kDiskBytes = 256 << 20;
constexpr int64_t kDiskBytesPerMinute = 16 << 20;

std::string NamesOf(const std::vector<FaultKind>& kinds) {
  return absl::StrJoin(kinds, " ", [](std::string* text, const FaultKind& kind) {
    absl::StrAppend(text, kind.name);
  });
}

std::string Usage() {
  Site::Options all{.disk_bytes = 1};
  return absl::StrCat(
      "kills, cuts and fills the whole system while clients buy, and compares what clients were "
      "told with what it has\n\n  tally_chaos [--seed=S] [--minutes=M] [--database=sqlite] "
      "[--bus=cluster]\n\nKinds of faults: ",
      NamesOf(FaultKinds(all)), "\n");
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<FaultKind> ChosenKinds(const Site::Options& site) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  const std::vector<std::string> without = absl::GetFlag(FLAGS_without);
  std::vector<FaultKind> chosen;
  for (FaultKind& kind : FaultKinds(site)) {
    if (Contains(without, kind.name) || (!only.empty() && !Contains(only, kind.name))) continue;
    chosen.push_back(std::move(kind));
  }
  return chosen;
}

void Print(const Campaign::Report& report) {
  int64_t faults = 0;
  std::cout << "\nfaults\n";
  for (const auto& [kind, count] : report.faults) {
    std::cout << "  " << kind << std::string(26 - std::min<size_t>(25, kind.size()), ' ') << count
              << "\n";
    faults += count;
  }
  std::cout << "  all" << std::string(23, ' ') << faults << "\norders\n  tried        "
            << report.orders.tried << "\n  acknowledged " << report.orders.acknowledged << " ("
            << report.orders.settled << " of them were unknown first, " << report.orders.repeated
            << " were asked for again)"
            << "\n  refused      " << report.orders.refused << "\n  cancelled    "
            << report.orders.cancelled << "\n  unknown      " << report.orders.unknown
            << "\n  counted      " << report.counted << "\n  lost         " << report.lost
            << "\n  double       " << report.twice << "\nlongest catch-up "
            << absl::FormatDuration(absl::Trunc(report.longest_catch_up, absl::Milliseconds(100)))
            << "; ended by themselves and started again: " << report.restarts << "\n"
            << (report.failures.empty() ? "passed" : "FAILED") << std::endl;
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(Usage());
  absl::FlagsUsageConfig usage;
  usage.contains_helpshort_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "tests/chaos/main.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  absl::ParseCommandLine(argc, argv);
  const bool sqlite = absl::GetFlag(FLAGS_database) == "sqlite";
  const bool cluster = absl::GetFlag(FLAGS_bus) == "cluster";
  if ((!sqlite && absl::GetFlag(FLAGS_database) != "postgresql") ||
      (!cluster && absl::GetFlag(FLAGS_bus) != "single")) {
    std::cerr << "--database is postgresql or sqlite, --bus is single or cluster\n";
    return kWrongUsage;
  }
  const double minutes = absl::GetFlag(FLAGS_minutes);
  Campaign::Options options{
      .seed = absl::GetFlag(FLAGS_seed),
      .span = absl::Minutes(minutes),
      .catch_up_max = absl::GetFlag(FLAGS_catch_up),
      .orders_per_second = absl::GetFlag(FLAGS_rate),
      .site = {.sqlite = sqlite, .cluster = cluster, .logs = absl::GetFlag(FLAGS_logs)},
      .kinds = {}};
  while (options.seed == 0) options.seed = std::random_device()();
  std::cout << "seed " << options.seed << std::endl;
  if (!Contains(absl::GetFlag(FLAGS_without), "disk_full")) {
    if (absl::Status status = Disk::AllowMounts(); !status.ok()) {
      std::cerr << "cannot mount a small disk here (" << status.message()
                << "): --without=disk_full does all else\n";
      return kFailed;
    }
    options.site.disk_bytes = kDiskBytes + static_cast<int64_t>(minutes * kDiskBytesPerMinute);
  }
  options.kinds = ChosenKinds(options.site);
  absl::StatusOr<Campaign::Report> report = Campaign(std::move(options)).Run();
  if (!report.ok()) {
    std::cerr << "the campaign could not go on: " << report.status().ToString() << "\n";
    return kFailed;
  }
  Print(*report);
  return report->failures.empty() ? kPassed : kFailed;
}

}  // namespace
}  // namespace tally::chaos

int main(int argc, char** argv) { return tally::chaos::Main(argc, argv); }
