// ./dev chaos: real processes under faults and load, against a ledger of what clients were told.

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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
  const auto line = [](absl::string_view name, int64_t number, absl::string_view note = "") {
    absl::PrintF("  %-26s %8d%s\n", name, number, note);
  };
  int64_t all = 0;
  absl::PrintF("\nfaults\n");
  for (const auto& [kind, count] : report.faults) {
    line(kind, count);
    all += count;
  }
  line("all", all);
  const Ledger::Counts& orders = report.orders;
  absl::PrintF("orders\n");
  line("tried", orders.tried);
  line("acknowledged", orders.acknowledged,
       absl::StrCat("  (", orders.settled, " of them were unknown first)"));
  line("asked for again", orders.repeated);
  line("refused", orders.refused);
  line("cancelled", orders.cancelled);
  line("unknown", orders.unknown);
  line("counted", report.counted);
  line("lost", report.lost);
  line("double", report.twice);
  absl::PrintF("processes that ended by themselves and were started again: %d\n", report.restarts);
  absl::PrintF("longest catch-up: %s\n",
               absl::FormatDuration(absl::Trunc(report.longest_catch_up, absl::Milliseconds(100))));
  for (const std::string& failure : report.failures) absl::PrintF("FAILED: %s\n", failure);
  absl::PrintF("%s\n", report.failures.empty() ? "passed" : "FAILED");
}

// Nothing: wrong usage, and said so.
std::optional<Site::Options> SiteFromFlags() {
  const std::string database = absl::GetFlag(FLAGS_database);
  const std::string bus = absl::GetFlag(FLAGS_bus);
  if ((database != "sqlite" && database != "postgresql") || (bus != "single" && bus != "cluster")) {
    absl::FPrintF(stderr, "--database is postgresql or sqlite, --bus is single or cluster\n");
    return std::nullopt;
  }
  return Site::Options{.sqlite = database == "sqlite",
                       .cluster = bus == "cluster",
                       .logs = absl::GetFlag(FLAGS_logs)};
}

// False: there is to be a disk, and cannot be.
bool AddDisk(Site::Options& site) {
  if (Contains(absl::GetFlag(FLAGS_without), "disk_full")) return true;
  if (absl::Status status = Disk::AllowMounts(); !status.ok()) {
    absl::FPrintF(stderr,
                  "cannot mount a small disk here (%s): --without=disk_full does all else\n",
                  std::string(status.message()));
    return false;
  }
  site.disk_bytes =
      kDiskBytes + static_cast<int64_t>(absl::GetFlag(FLAGS_minutes) * kDiskBytesPerMinute);
  return true;
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage(Usage());
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = usage.contains_helpshort_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "tests/chaos/main.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  absl::ParseCommandLine(argc, argv);
  std::optional<Site::Options> site = SiteFromFlags();
  if (!site.has_value()) return kWrongUsage;
  if (!AddDisk(*site)) return kFailed;
  Campaign::Options options{.seed = absl::GetFlag(FLAGS_seed),
                            .span = absl::Minutes(absl::GetFlag(FLAGS_minutes)),
                            .catch_up_max = absl::GetFlag(FLAGS_catch_up),
                            .orders_per_second = absl::GetFlag(FLAGS_rate),
                            .site = *site,
                            .kinds = ChosenKinds(*site)};
  while (options.seed == 0) options.seed = std::random_device()();
  std::cout << "seed " << options.seed << std::endl;
  const absl::StatusOr<Campaign::Report> report = Campaign(std::move(options)).Run();
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
