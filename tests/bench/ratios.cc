#include "tests/bench/ratios.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "client/terminal/table.h"

namespace tally::bench {
namespace {

constexpr char kRate[] = "orders_per_second";
constexpr char kOneByOne[] = "rates/PostgreSQL/PlaceOrder/256";
constexpr char kBulk[] = "rates/PostgreSQL/PlaceOrders/2048";

constexpr const char* kStages[] = {"stages/empty call/256", "stages/statements", "stages/publish",
                                   "stages/fetch"};

// What it comes to if each order went through the stages one after the other, each as fast as it is
// alone.
Samples BoundByStages(const Report& report) {
  Samples seconds;
  for (const char* stage : kStages) {
    const Samples each = Reciprocals(report.Get(stage, kRate));
    seconds = seconds.empty() ? each : Sums(seconds, each);
  }
  return Reciprocals(seconds);
}

// What the cores could do if all stages ran at once and an order took no more of their time than
// its stages take alone.
Samples BoundByCpu(const Report& report) {
  Samples cpu_us;
  for (const char* stage : kStages) {
    const Samples& each = report.Get(stage, "cpu_us_per_order");
    cpu_us = cpu_us.empty() ? each : Sums(cpu_us, each);
  }
  const double core_us = 1e6 * static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  return Quotients(Samples(cpu_us.size(), core_us), cpu_us);
}

Samples PgbenchAndEmptyCall(const Report& report) {
  return Sums(report.Get("stages/pgbench/1", "average_us"),
              report.Get("stages/empty call/1", "p50_us"));
}

// Against open calls.
void AddAccess(const Report& report, const std::string& access, std::vector<Ratio>& ratios) {
  const auto quotients = [&](const std::string& calls, const std::string& measure) {
    return Quotients(report.Get(absl::StrCat("access/", access, "/", calls), measure),
                     report.Get(absl::StrCat("access/open/", calls), measure));
  };
  ratios.push_back(
      {absl::StrCat("PlaceOrder until counted, 256 in flight, with ", access, " ÷ without"),
       quotients("PlaceOrder/256", kRate), 0, 0});
  ratios.push_back({absl::StrCat("PlaceOrder p50, one in flight, with ", access, " ÷ without"),
                    quotients("PlaceOrder/1", "p50_us"), 0, 0, true});
}

}  // namespace

std::vector<Ratio> RatiosOf(const Report& report) {
  const Samples& one_by_one = report.Get(kOneByOne, kRate);
  const Samples& pgbench = report.Get("stages/pgbench/8", kRate);
  const Samples& alone_p50 = report.Get("rates/PostgreSQL/PlaceOrder/1", "p50_us");
  std::vector<Ratio> ratios = {
      {"PlaceOrder until counted, 256 in flight ÷ pgbench, 8 clients",
       Quotients(one_by_one, pgbench), 3, 4},
      {"PlaceOrders until counted, 2,048 in flight ÷ pgbench, 8 clients",
       Quotients(report.Get(kBulk, kRate), pgbench), 5, 8},
      {"PlaceOrder until counted, 256 in flight ÷ (1 ÷ the sum of its stages' times)",
       Quotients(one_by_one, BoundByStages(report)), 0.8, 0.95},
      {"the same ÷ (all cores ÷ the sum of its stages' CPU time)",
       Quotients(one_by_one, BoundByCpu(report)), 0, 0},
      {"PlaceOrder p50, one in flight ÷ (pgbench, 1 client + an empty call)",
       Quotients(alone_p50, PgbenchAndEmptyCall(report)), 1.5, 1.25, true},
      {"placed until counted, p99 at half load ÷ that p50",
       Quotients(report.Get("half load/PostgreSQL/PlaceOrder", "counted_p99_us"), alone_p50), 12, 8,
       true},
      {"consumer catching up, events one to a message ÷ nats.c with no work",
       Quotients(report.Get("drain/consumer/1", "events_per_second"),
                 report.Get("drain/nats.c/1", "events_per_second")),
       0.5, 0.8},
      {"consumer catching up, as published ÷ nats.c with no work",
       Quotients(report.Get("drain/consumer/256", "events_per_second"),
                 report.Get("drain/nats.c/256", "events_per_second")),
       0.5, 0.8},
      {"peak memory of order_service with many unsent events, MiB",
       report.Get("growth/unsent events", "peak_memory_mib.order_service"), 128, 128, true},
      {"the same ÷ without a backlog",
       Quotients(report.Get("growth/unsent events", "peak_memory_mib.order_service"),
                 report.Get("growth/no unsent events", "peak_memory_mib.order_service")),
       1.1, 1.1, true},
      {"PlaceOrder with many orders stored ÷ with empty tables",
       Quotients(report.Get("growth/stored orders", kRate), report.Get("growth/empty", kRate)), 0.9,
       1},
      {"PlaceOrder until counted, 256 in flight ÷ a hand-built outbox",
       Quotients(one_by_one, report.Get("peer/hand-built outbox", kRate)), 0, 0},
  };
  for (const char* access : {"TLS", "JWT", "TLS and JWT"}) AddAccess(report, access, ratios);
  std::erase_if(ratios, [](const Ratio& ratio) { return ratio.samples.empty(); });
  return ratios;
}

std::string ToTable(const std::vector<Ratio>& ratios) {
  using enum client::Table::Align;
  client::Table table({kLeft, kRight, kRight, kRight, kLeft});
  table.AddRow({"ratio", "median (min..max)", "at least", "aim", ""});
  for (const Ratio& ratio : ratios) {
    if (ratio.least == 0) {
      table.AddRow({ratio.name, FormatSpread(ratio.samples)});
      continue;
    }
    const double median = Median(ratio.samples);
    const auto reaches = [&](double goal) {
      return ratio.lower_is_better ? median <= goal : median >= goal;
    };
    table.AddRow({ratio.name, FormatSpread(ratio.samples), Format(ratio.least), Format(ratio.aim),
                  reaches(ratio.aim)     ? ""
                  : reaches(ratio.least) ? "aim missed"
                                         : "MISSED"});
  }
  return table.ToString();
}

nlohmann::ordered_json ToJson(const std::vector<Ratio>& ratios) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Ratio& ratio : ratios) {
    json.push_back({{"name", ratio.name},
                    {"median", Median(ratio.samples)},
                    {"min", Smallest(ratio.samples)},
                    {"max", Largest(ratio.samples)},
                    {"at_least", ratio.least},
                    {"aim", ratio.aim},
                    {"lower_is_better", ratio.lower_is_better}});
  }
  return json;
}

}  // namespace tally::bench
