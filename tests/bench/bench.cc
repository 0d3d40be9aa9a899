// Measures orders per second until counted, through PlaceOrder and through PlaceOrders, against
// pgbench with the same two inserts, in one run, alternating. See ./dev bench.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/pgbench.h"
#include "tests/e2e/system.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"

namespace tally::bench {
namespace {

constexpr int kClients = 8;
constexpr int kConnections = 4;

// A way to place orders.
struct Way {
  const char* name;
  const char* json_name;
  int in_flight;
  bool bulk;
};
constexpr Way kWays[] = {{"PlaceOrder", "place_order", 256, false},
                         {"PlaceOrders", "place_orders", 2048, true}};

struct Plan {
  int rounds;
  absl::Duration pgbench;
  int orders;
};
constexpr int kWarmUpOrders = 5'000;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

testkit::PostgresServer*& Server() {
  static testkit::PostgresServer* server = nullptr;
  return server;
}

// What the parts have used and done so far.
struct Totals {
  std::map<std::string, absl::Duration> cpu;
  double writer_batches, writer_commands, writer_seconds;
  double inbox_batches, inbox_events, inbox_seconds;
};

Totals Look(e2e::System& system) {
  const absl::Duration orders = CpuTimeOf(system.orders().pid());
  const absl::Duration activity = CpuTimeOf(system.activity().pid());
  const absl::Duration nats = CpuTimeOf(system.nats().pid());
  const absl::Duration postgres = CpuTimeOf(Server()->pid());
  const auto metric = [](e2e::ServiceProcess& service, const char* name) {
    return service.Metric(name).value_or(0);
  };
  return {.cpu = {{"order_service", orders},
                  {"activity_service", activity},
                  {"nats-server", nats},
                  {"PostgreSQL", postgres},
                  {"tally", CpuTimeOf(getpid()) - orders - activity - nats - postgres}},
          .writer_batches = metric(system.orders(), "tally_writer_batch_commands_count"),
          .writer_commands = metric(system.orders(), "tally_writer_batch_commands_sum"),
          .writer_seconds = metric(system.orders(), "tally_writer_commit_seconds_sum"),
          .inbox_batches = metric(system.activity(), "tally_inbox_batch_events_count"),
          .inbox_events = metric(system.activity(), "tally_inbox_batch_events_sum"),
          .inbox_seconds = metric(system.activity(), "tally_inbox_transaction_seconds_sum")};
}

void PrintCost(const Totals& before, const Totals& after, int orders) {
  std::printf("          µs of CPU per order:");
  for (const auto& [part, cpu] : after.cpu) {
    std::printf(" %s %.1f", part.c_str(),
                absl::ToDoubleMicroseconds(cpu - before.cpu.at(part)) / orders);
  }
  const double writes = after.writer_batches - before.writer_batches;
  const double counts = after.inbox_batches - before.inbox_batches;
  std::printf(
      "\n          batches: %.0f orders written in %.1f ms, %.0f events counted in %.1f ms\n",
      (after.writer_commands - before.writer_commands) / writes,
      1e3 * (after.writer_seconds - before.writer_seconds) / writes,
      (after.inbox_events - before.inbox_events) / counts,
      1e3 * (after.inbox_seconds - before.inbox_seconds) / counts);
}

// Orders per second from the first call until activity_service has committed the last one's count.
absl::StatusOr<double> PlaceUntilCounted(e2e::System& system, const Way& way, int orders) {
  const auto counted = [&] {
    return system.activity().Metric("tally_inbox_applied_total").value_or(-1);
  };
  const double before = counted();
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(const e2e::Ended load,
                   e2e::RunTally(system, {"load", absl::StrCat("--count=", orders), "--lines=3",
                                          "--json", absl::StrCat("--concurrency=", way.in_flight),
                                          way.bulk ? "--bulk" : "--nobulk",
                                          absl::StrCat("--connections=", kConnections)}));
  if (load.exit_code != 0) return absl::InternalError(load.err);
  if (!testkit::Eventually(absl::Seconds(60), [&] { return counted() >= before + orders; })) {
    return absl::InternalError(
        absl::StrCat("only ", counted() - before, " of ", orders, " orders were counted"));
  }
  return orders / absl::ToDoubleSeconds(absl::Now() - start);
}

void PrintRate(const char* what, const Way& way, double rate, double tps) {
  std::printf("%-9s %-11s until counted          %6.0f   ratio %.2f\n", what, way.name, rate,
              rate / tps);
}

absl::Status Measure(const Plan& plan) {
  ASSIGN_OR_RETURN(const auto server, testkit::PostgresServer::Start({.fsync = true}));
  Server() = server.get();
  e2e::System::Options options;
  options.database = {"PostgresWithFsync", [] { return Server()->CreateDatabase(); }};
  ASSIGN_OR_RETURN(const auto system, e2e::System::Start(options));
  for (const Way& way : kWays) {
    RETURN_IF_ERROR(PlaceUntilCounted(*system, way, kWarmUpOrders).status());
  }
  ASSIGN_OR_RETURN(const RowSizes sizes, MeasureRows(system->orders_database()));

  std::vector<double> yardstick;
  std::map<std::string, std::vector<double>> ours;
  for (int round = 1; round <= plan.rounds; ++round) {
    ASSIGN_OR_RETURN(const double tps,
                     RunPgbench(system->orders_database(), sizes, kClients, plan.pgbench));
    yardstick.push_back(tps);
    std::printf("round %d   pgbench with the same two inserts  %6.0f\n", round, tps);
    for (const Way& way : kWays) {
      const Totals before = Look(*system);
      ASSIGN_OR_RETURN(const double rate, PlaceUntilCounted(*system, way, plan.orders));
      ours[way.name].push_back(rate);
      PrintRate("", way, rate, tps);
      PrintCost(before, Look(*system), plan.orders);
      std::fflush(stdout);
    }
  }
  nlohmann::ordered_json json{{"pgbench_tps", yardstick}};
  std::printf("median    pgbench with the same two inserts  %6.0f\n", Median(yardstick));
  for (const Way& way : kWays) {
    PrintRate("median", way, Median(ours[way.name]), Median(yardstick));
    json[way.json_name] = {{"orders_per_second", ours[way.name]},
                           {"ratio", Median(ours[way.name]) / Median(yardstick)}};
  }
  std::printf(
      "PostgreSQL with fsync and synchronous_commit on, nats-server with file storage, one "
      "instance of each service;\npgbench with %d clients, prepared; PlaceOrder with %d in flight "
      "and PlaceOrders with %d, over %d connections, three\nlines, request_id; rows of %d + %d + "
      "%d "
      "bytes\n",
      kClients, kWays[0].in_flight, kWays[1].in_flight, kConnections, sizes.lines_bytes,
      sizes.headers_bytes, sizes.payload_bytes);
  std::cout << json << "\n";
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const bool quick = argc == 2 && std::string(argv[1]) == "--quick";
  if (argc > 2 || (argc == 2 && !quick)) {
    std::cerr << "usage: tally_bench [--quick]\n";
    return 2;
  }
  const Plan plan = quick ? Plan{3, absl::Seconds(4), 80'000} : Plan{7, absl::Seconds(10), 200'000};
  const absl::Status status = Measure(plan);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace tally::bench

int main(int argc, char** argv) { return tally::bench::Main(argc, argv); }
