#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/bench.h"
#include "tests/bench/report.h"
#include "tests/e2e/system.h"

namespace tally::bench {

// What the parts of a system use and do, from the making of the meter to Report. For Report:
//
//   cpu_ms_per_1000_orders.PART      user and kernel; tally is the load generator, with this
//   process peak_memory_mib.PART             of PostgreSQL the largest backend, shared memory
//   included wal_bytes_per_1000_orders        of PostgreSQL, both databases
//   written_bytes_per_1000_orders    what services and nats-server put on disk (SQLite: all there
//   is) orders_per_batch, batch_ms       the writer's transactions events_per_message on the bus
//   events_per_count, count_ms       the consumer's transactions
class SystemMeter {
 public:
  SystemMeter(Bench& bench, e2e::System& system);

  absl::Status Report(int64_t orders, Findings& findings);

 private:
  struct Totals {
    std::map<std::string, absl::Duration> cpu;
    std::map<std::string, double> metrics;
    int64_t written_bytes = 0;
    double wal_bytes = 0;
  };
  Totals Look();
  std::map<std::string, pid_t> Parts();

  Bench& bench_;
  e2e::System& system_;
  const bool on_postgres_;
  const Totals before_;
};

}  // namespace tally::bench
