#include "tests/bench/tables.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace tally::bench {
namespace {

const std::vector<Report::Column> kRates = {{"orders/s", "orders_per_second"},
                                            {"p50 µs", "p50_us"},
                                            {"p99 µs", "p99_us"},
                                            {"p99.9 µs", "p99_9_us"},
                                            {"counted p50 µs", "counted_p50_us"},
                                            {"counted p99 µs", "counted_p99_us"},
                                            {"orders in a batch", "orders_per_batch"}};

const std::vector<Report::Column> kCost = {
    {"tally", "cpu_ms_per_1000_orders.tally"},
    {"order_service", "cpu_ms_per_1000_orders.order_service"},
    {"PostgreSQL", "cpu_ms_per_1000_orders.PostgreSQL"},
    {"nats-server", "cpu_ms_per_1000_orders.nats-server"},
    {"activity_service", "cpu_ms_per_1000_orders.activity_service"},
    {"WAL bytes", "wal_bytes_per_1000_orders"},
    {"file bytes", "written_bytes_per_1000_orders"}};

const std::vector<Report::Column> kMemory = {
    {"order_service", "peak_memory_mib.order_service"},
    {"PostgreSQL", "peak_memory_mib.PostgreSQL"},
    {"nats-server", "peak_memory_mib.nats-server"},
    {"activity_service", "peak_memory_mib.activity_service"}};

const std::vector<Report::Column> kStages = {{"per second", "orders_per_second"},
                                             {"p50 µs", "p50_us"},
                                             {"average µs", "average_us"},
                                             {"CPU µs each", "cpu_us_per_order"}};

const std::vector<Report::Column> kDrain = {
    {"events/s", "events_per_second"}, {"events", "events"}, {"peak MiB", "peak_memory_mib"}};

const std::vector<Report::Column> kGrowth = {
    {"orders/s", "orders_per_second"},
    {"events/s", "events_per_second"},
    {"rows", "rows"},
    {"order_service MiB", "peak_memory_mib.order_service"},
    {"activity_service MiB", "peak_memory_mib.activity_service"}};

}  // namespace

std::string TablesOf(const Report& report) {
  return absl::StrCat(
      report.Table("Until counted", "rates/", kRates),
      report.Table("At half load", "half load/", kRates),
      report.Table("What 1,000 orders cost: CPU time in ms, bytes", "rates/", kCost),
      report.Table("Peak memory in MiB; of PostgreSQL the largest backend, shared memory included",
                   "rates/", kMemory),
      report.Table("Stages, each alone", "stages/", kStages),
      report.Table("With TLS and with tokens", "access/", kRates),
      report.Table("A peer", "peer/", {{"orders/s", "orders_per_second"}}),
      report.Table("Backlogs", "drain/", kDrain), report.Table("Growth", "growth/", kGrowth));
}

}  // namespace tally::bench
