#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/report.h"
#include "tests/bench/timetable.h"
#include "tests/testkit/postgres_server.h"

namespace tally::bench {

// How much is measured.
struct Options {
  bool quick = false;                      // less than a minute
  int rounds = 5;                          // repetitions, of what does not take too long
  absl::Duration span = absl::Seconds(5);  // how long a rate is measured
  int64_t backlog_events = 1'000'000;      // that are drained
  int64_t unsent_events = 10'000'000;      // that wait for the bus
  int64_t stored_orders = 10'000'000;      // that are there already
};

// What the suites share: a PostgreSQL server with fsync, what was found, and showing on stderr what
// is being measured and how long it will take. Not thread-safe.
class Bench {
 public:
  Bench(Options options, testkit::PostgresServer& postgres, Timetable& timetable)
      : options_(options), postgres_(postgres), timetable_(timetable) {}

  const Options& options() const { return options_; }
  testkit::PostgresServer& postgres() { return postgres_; }
  Report& report() { return report_; }

  // Measures the case `name` once, and shows its `headline` measure.
  absl::Status Measure(const std::string& name, const std::string& headline,
                       absl::FunctionRef<absl::Status(Findings&)> measure);
  // Shows what is being done that is no measurement itself, but takes its time.
  void Announce(const std::string& what) const;

  // Drops what suites have left on the PostgreSQL server, and writes its dirty pages: the next
  // round shall not pay for this one, in disk or in time.
  absl::Status CleanUp();

 private:
  const Options options_;
  testkit::PostgresServer& postgres_;
  Timetable& timetable_;
  Report report_;
};

// Measurements that belong together.
struct Suite {
  const char* name;
  const char* summary;
  int rounds_max;                                // repetitions that are enough
  absl::Duration (*round_time)(const Options&);  // about
  absl::Status (*run_round)(Bench&);
};

}  // namespace tally::bench
