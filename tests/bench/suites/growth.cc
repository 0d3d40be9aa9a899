// What stays as fast, and as small, when much has come together: orders, unsent events, lanes, and
// row versions that a forgotten snapshot keeps.

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/backlog.h"
#include "tests/bench/load.h"
#include "tests/bench/postgres_query.h"
#include "tests/bench/process_use.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"

namespace tally::bench {
namespace {

constexpr char kCounted[] = "tally_inbox_applied_total";
constexpr int kSnapshotSpans = 6;

absl::Status MeasurePlacing(Bench& bench, e2e::System& system, const std::string& name,
                            int64_t rows) {
  return bench.Measure(name, "orders_per_second", [&](Findings& findings) {
    findings.Add("rows", static_cast<double>(rows));
    return PlaceUntilCounted(bench, system, {.span = 2 * bench.options().span}, findings);
  });
}

absl::Status StoredOrders(Bench& bench) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres));
  RETURN_IF_ERROR(WarmUp(*system));
  RETURN_IF_ERROR(MeasurePlacing(bench, *system, "growth/empty", 0));
  const int64_t orders = bench.options().stored_orders;
  bench.Announce(absl::StrCat("storing ", orders, " orders"));
  ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(system->orders_database()));
  RETURN_IF_ERROR(query.RunFile("fill_orders.sql", {{"orders", absl::StrCat(orders)}}));
  RETURN_IF_ERROR(query.Run("CHECKPOINT").status());
  return MeasurePlacing(bench, *system, "growth/stored orders", orders);
}

// Several spans one after the other: what the snapshot keeps becomes more and more.
absl::Status SnapshotHeld(Bench& bench) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres));
  RETURN_IF_ERROR(WarmUp(*system));
  std::vector<PostgresQuery> snapshots;
  for (const std::string& url : {system->orders_database(), system->activity_database()}) {
    ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(url));
    RETURN_IF_ERROR(
        query.Run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migration")
            .status());
    snapshots.push_back(std::move(query));
  }
  for (int i = 1; i <= kSnapshotSpans; ++i) {
    RETURN_IF_ERROR(MeasurePlacing(bench, *system, absl::StrCat("growth/snapshot held/", i), 0));
  }
  return absl::OkStatus();
}

absl::Status ManyLanes(Bench& bench, int lanes) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres));
  RETURN_IF_ERROR(WarmUp(*system));
  return bench.Measure(absl::StrCat("growth/backlog in lanes/", lanes), "events_per_second",
                       [&](Findings& findings) -> absl::Status {
                         const int64_t each = bench.options().backlog_events / lanes;
                         ASSIGN_OR_RETURN(const double before, system->activity().Metric(kCounted));
                         RETURN_IF_ERROR(FillLanes(*system, lanes, each));
                         ASSIGN_OR_RETURN(const double rate,
                                          RateOf({system->activity(), kCounted, before,
                                                  static_cast<double>(each * lanes)}));
                         findings.Add("events_per_second", rate);
                         findings.Add("rows", static_cast<double>(each * lanes));
                         return absl::OkStatus();
                       });
}

// Places orders while the bus is away. How many.
absl::StatusOr<int64_t> PlaceWithoutBus(Bench& bench, e2e::System& system, int64_t unsent,
                                        Findings& findings) {
  ForgetPeakMemory(system.orders().pid());
  const absl::Duration span = 2 * bench.options().span;
  ASSIGN_OR_RETURN(const int64_t placed, PlaceOnly(system, {.span = span}));
  findings.Add("orders_per_second", static_cast<double>(placed) / absl::ToDoubleSeconds(span));
  findings.Add("peak_memory_mib.order_service",
               static_cast<double>(PeakMemoryBytesOf(system.orders().pid())) / (1 << 20));
  findings.Add("rows", static_cast<double>(unsent));
  return placed;
}

absl::Status UnsentEvents(Bench& bench) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres));
  RETURN_IF_ERROR(WarmUp(*system));
  ASSIGN_OR_RETURN(const double before, system->activity().Metric(kCounted));
  system->nats().Kill();
  int64_t waiting = 0;
  const auto place = [&](const std::string& name) {
    return bench.Measure(name, "orders_per_second", [&](Findings& findings) -> absl::Status {
      ASSIGN_OR_RETURN(const int64_t placed, PlaceWithoutBus(bench, *system, waiting, findings));
      waiting += placed;
      return absl::OkStatus();
    });
  };
  RETURN_IF_ERROR(place("growth/no unsent events"));
  bench.Announce(absl::StrCat("writing ", bench.options().unsent_events, " unsent events"));
  RETURN_IF_ERROR(FillLanes(*system, 1, bench.options().unsent_events));
  waiting += bench.options().unsent_events;
  RETURN_IF_ERROR(place("growth/unsent events"));

  return bench.Measure(
      "growth/unsent events leaving", "events_per_second", [&](Findings& findings) -> absl::Status {
        for (const pid_t pid : {system->orders().pid(), system->activity().pid()}) {
          ForgetPeakMemory(pid);
        }
        RETURN_IF_ERROR(system->nats().Restart());
        ASSIGN_OR_RETURN(const double rate, RateOf({system->activity(), kCounted, before,
                                                    static_cast<double>(waiting)}));
        findings.Add("events_per_second", rate);
        findings.Add("peak_memory_mib.order_service",
                     static_cast<double>(PeakMemoryBytesOf(system->orders().pid())) / (1 << 20));
        findings.Add("peak_memory_mib.activity_service",
                     static_cast<double>(PeakMemoryBytesOf(system->activity().pid())) / (1 << 20));
        findings.Add("rows", static_cast<double>(waiting));
        return absl::OkStatus();
      });
}

absl::Status RunRound(Bench& bench) {
  RETURN_IF_ERROR(StoredOrders(bench));
  RETURN_IF_ERROR(SnapshotHeld(bench));
  RETURN_IF_ERROR(ManyLanes(bench, 10));
  RETURN_IF_ERROR(ManyLanes(bench, 1000));
  return UnsentEvents(bench);
}

}  // namespace

Suite GrowthSuite() {
  return {.name = "growth",
          .summary = "many orders, unsent events, lanes, and a snapshot held open",
          .rounds_max = 1,
          .round_time =
              [](const Options& options) {
                return 25 * options.span + options.stored_orders * absl::Microseconds(60) +
                       options.unsent_events * absl::Microseconds(60) +
                       options.backlog_events * absl::Microseconds(80);
              },
          .run_round = &RunRound};
}

}  // namespace tally::bench
