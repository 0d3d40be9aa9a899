#include "tests/bench/system_meter.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/postgres_query.h"
#include "tests/bench/process_use.h"

namespace tally::bench {
namespace {

constexpr const char* kOrderMetrics[] = {
    "tally_writer_batch_commands_count", "tally_writer_batch_commands_sum",
    "tally_writer_commit_seconds_sum", "tally_relay_published_total", "tally_bus_publish_total"};
constexpr const char* kActivityMetrics[] = {"tally_inbox_batch_events_count",
                                            "tally_inbox_batch_events_sum",
                                            "tally_inbox_transaction_seconds_sum"};

double WalBytes(const std::string& url) {
  absl::StatusOr<PostgresQuery> query = PostgresQuery::Connect(url);
  if (!query.ok()) return 0;
  return query->Number("SELECT pg_current_wal_insert_lsn() - '0/0'").value_or(0);
}

}  // namespace

SystemMeter::SystemMeter(Bench& bench, e2e::System& system)
    : bench_(bench),
      system_(system),
      on_postgres_(!absl::StartsWith(system.orders_database(), "sqlite:")),
      before_(Look()) {
  for (const auto& [part, pid] : Parts()) ForgetPeakMemory(pid);
}

std::map<std::string, pid_t> SystemMeter::Parts() {
  std::map<std::string, pid_t> parts = {{"order_service", system_.orders().pid()},
                                        {"activity_service", system_.activity().pid()},
                                        {"nats-server", system_.nats().pid()}};
  if (on_postgres_) parts["PostgreSQL"] = bench_.postgres().pid();
  return parts;
}

SystemMeter::Totals SystemMeter::Look() {
  Totals totals;
  for (const auto& [part, pid] : Parts()) {
    totals.cpu[part] = CpuTimeOf(pid);
    totals.written_bytes += WrittenBytesOf(pid);
  }
  totals.cpu["tally"] = OwnCpuTime();
  for (const char* name : kOrderMetrics) {
    totals.metrics[name] = system_.orders().Metric(name).value_or(0);
  }
  for (const char* name : kActivityMetrics) {
    totals.metrics[name] = system_.activity().Metric(name).value_or(0);
  }
  if (on_postgres_) totals.wal_bytes = WalBytes(system_.orders_database());
  return totals;
}

absl::Status SystemMeter::Report(int64_t orders, Findings& findings) {
  if (orders <= 0) return absl::InternalError("no orders");
  const Totals after = Look();
  const double thousands = static_cast<double>(orders) / 1000;
  for (const auto& [part, cpu] : after.cpu) {
    findings.Add(absl::StrCat("cpu_ms_per_1000_orders.", part),
                 absl::ToDoubleMilliseconds(cpu - before_.cpu.at(part)) / thousands);
  }
  for (const auto& [part, pid] : Parts()) {
    findings.Add(absl::StrCat("peak_memory_mib.", part),
                 static_cast<double>(PeakMemoryBytesOf(pid)) / (1 << 20));
  }
  if (on_postgres_) {
    findings.Add("wal_bytes_per_1000_orders", (after.wal_bytes - before_.wal_bytes) / thousands);
  } else {
    findings.Add("written_bytes_per_1000_orders",
                 static_cast<double>(after.written_bytes - before_.written_bytes) / thousands);
  }
  const auto done = [&](const char* name) {
    return after.metrics.at(name) - before_.metrics.at(name);
  };
  const double batches = done("tally_writer_batch_commands_count");
  const double counts = done("tally_inbox_batch_events_count");
  findings.Add("orders_per_batch", done("tally_writer_batch_commands_sum") / batches);
  findings.Add("batch_ms", 1e3 * done("tally_writer_commit_seconds_sum") / batches);
  findings.Add("events_per_message",
               done("tally_relay_published_total") / done("tally_bus_publish_total"));
  findings.Add("events_per_count", done("tally_inbox_batch_events_sum") / counts);
  findings.Add("count_ms", 1e3 * done("tally_inbox_transaction_seconds_sum") / counts);
  return absl::OkStatus();
}

}  // namespace tally::bench
