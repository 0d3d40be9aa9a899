// What an order's way consists of, each part alone: pgbench with the same two inserts, a gRPC call
// with nothing behind it, the writer's statements, the bus.

#include <unistd.h>

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "tests/bench/empty_calls.h"
#include "tests/bench/load.h"
#include "tests/bench/nats_stream.h"
#include "tests/bench/pgbench.h"
#include "tests/bench/process_use.h"
#include "tests/bench/reference_order.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"
#include "tests/bench/write_stage.h"

namespace tally::bench {
namespace {

constexpr char kStream[] = "BENCH";
constexpr char kSubject[] = "bench.v1.created";
constexpr char kLane[] = "018f0000-0000-7000-8000-000000000001";
// Where no rates were measured before.
constexpr double kBatchOrders = 100;
constexpr double kMessageEvents = 50;

// CPU time of this process and one server, in microseconds for each order.
class CpuPerOrder {
 public:
  explicit CpuPerOrder(pid_t server) : server_(server), before_(Now()) {}
  void Report(double orders, Findings& findings) const {
    findings.Add("cpu_us_per_order", absl::ToDoubleMicroseconds(Now() - before_) / orders);
  }

 private:
  absl::Duration Now() const { return OwnCpuTime() + CpuTimeOf(server_); }

  const pid_t server_;
  const absl::Duration before_;
};

absl::Status MeasurePgbench(Bench& bench, const std::string& database, const RowSizes& sizes,
                            int clients) {
  return bench.Measure(absl::StrCat("stages/pgbench/", clients), "orders_per_second",
                       [&](Findings& findings) -> absl::Status {
                         ASSIGN_OR_RETURN(
                             const PgbenchResult result,
                             RunPgbench(database, sizes, clients, bench.options().span));
                         findings.Add("orders_per_second", result.transactions_per_second);
                         findings.Add("average_us", result.latency_us);
                         return absl::OkStatus();
                       });
}

absl::Status MeasureEmptyCalls(Bench& bench, e2e::System& system, int in_flight) {
  return bench.Measure(
      absl::StrCat("stages/empty call/", in_flight), "orders_per_second",
      [&](Findings& findings) -> absl::Status {
        const CpuPerOrder cpu(system.orders().pid());
        ASSIGN_OR_RETURN(const EmptyCallsResult result,
                         RunEmptyCalls(system.orders().address(), in_flight, bench.options().span));
        cpu.Report(result.calls_per_second * absl::ToDoubleSeconds(bench.options().span), findings);
        findings.Add("orders_per_second", result.calls_per_second);
        findings.Add("p50_us", result.p50_us);
        return absl::OkStatus();
      });
}

absl::Status MeasureWriting(Bench& bench, int batch) {
  return bench.Measure(
      "stages/statements", "orders_per_second", [&](Findings& findings) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string database, bench.postgres().CreateDatabase());
        const CpuPerOrder cpu(bench.postgres().pid());
        ASSIGN_OR_RETURN(const double rate, RunWriteStage(database, batch, bench.options().span));
        cpu.Report(rate * absl::ToDoubleSeconds(bench.options().span), findings);
        findings.Add("orders_per_second", rate);
        findings.Add("orders_per_batch", batch);
        return absl::OkStatus();
      });
}

absl::Status MeasureBus(Bench& bench, e2e::System& system, int message_events) {
  ASSIGN_OR_RETURN(const auto stream, NatsStream::Connect(system.nats().url()));
  RETURN_IF_ERROR(stream->Create(kStream, kSubject));
  const int count = (bench.options().quick ? 20'000 : 200'000) / message_events;
  const std::vector<bus::Message> messages(static_cast<size_t>(count),
                                           ReferenceMessage(kLane, 1, message_events));
  const double events = static_cast<double>(count) * message_events;
  const auto measure = [&](const char* what, auto work) {
    const auto run = [&](Findings& findings) -> absl::Status {
      const CpuPerOrder cpu(system.nats().pid());
      const absl::Duration start = base::MonotonicNow();
      RETURN_IF_ERROR(work());
      cpu.Report(events, findings);
      findings.Add("orders_per_second",
                   events / absl::ToDoubleSeconds(base::MonotonicNow() - start));
      findings.Add("events_per_message", message_events);
      return absl::OkStatus();
    };
    return bench.Measure(absl::StrCat("stages/", what, message_events == 1 ? " singly" : ""),
                         "orders_per_second", run);
  };
  RETURN_IF_ERROR(measure("publish", [&] { return stream->Publish(messages, kSubject); }));
  RETURN_IF_ERROR(measure("fetch", [&] { return stream->FetchAndAcknowledge(kSubject, count); }));
  return stream->Delete(kStream);
}

absl::Status RunRound(Bench& bench) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres));
  RETURN_IF_ERROR(WarmUp(*system));
  ASSIGN_OR_RETURN(const RowSizes sizes, MeasureRows(system->orders_database()));
  for (const int clients : {1, 8}) {
    RETURN_IF_ERROR(MeasurePgbench(bench, system->orders_database(), sizes, clients));
  }
  for (const int in_flight : {1, 256}) {
    RETURN_IF_ERROR(MeasureEmptyCalls(bench, *system, in_flight));
  }
  const auto seen = [&](const char* measure, double otherwise) {
    const double last = bench.report().Last("rates/PostgreSQL/PlaceOrder/256", measure, otherwise);
    return static_cast<int>(std::lround(last));
  };
  RETURN_IF_ERROR(MeasureWriting(bench, seen("orders_per_batch", kBatchOrders)));
  RETURN_IF_ERROR(MeasureBus(bench, *system, seen("events_per_message", kMessageEvents)));
  return bench.options().quick ? absl::OkStatus() : MeasureBus(bench, *system, 1);
}

}  // namespace

Suite StagesSuite() {
  return {.name = "stages",
          .summary = "pgbench, an empty call, the writer's statements and the bus, each alone",
          .rounds_max = 100,
          .round_time = [](const Options& options) { return 5 * options.span + absl::Seconds(15); },
          .run_round = &RunRound};
}

}  // namespace tally::bench
