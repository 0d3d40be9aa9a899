#include "tests/bench/load.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "tests/bench/count_probe.h"
#include "tests/bench/system_meter.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"

namespace tally::bench {
namespace {

constexpr int kConnectionsMax = 4;
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr int kWarmUpOrders = 5'000;

double Counted(e2e::System& system) {
  return system.activity().Metric("tally_inbox_applied_total").value_or(0);
}

absl::StatusOr<nlohmann::json> RunLoad(e2e::System& system, const Load& load) {
  std::vector<std::string> arguments = {
      "load",
      "--json",
      "--lines=3",
      load.bulk ? "--bulk" : "--nobulk",
      absl::StrCat("--concurrency=", load.in_flight),
      absl::StrCat("--connections=", std::min(load.in_flight, kConnectionsMax)),
      absl::StrCat("--rate=", load.rate)};
  arguments.push_back(load.count > 0
                          ? absl::StrCat("--count=", load.count)
                          : absl::StrCat("--duration=", absl::FormatDuration(load.span)));
  ASSIGN_OR_RETURN(const e2e::Ended ended,
                   e2e::RunTally(system, std::move(arguments), load.span + kPatience));
  nlohmann::json result = nlohmann::json::parse(ended.out, nullptr, false);
  if (ended.exit_code != 0 || !result.is_object()) return absl::InternalError(ended.err);
  return result;
}

}  // namespace

absl::Status PlaceUntilCounted(Bench& bench, e2e::System& system, const Load& load,
                               Findings& findings) {
  SystemMeter meter(bench, system);
  const double before = Counted(system);
  const absl::Duration start = base::MonotonicNow();
  ASSIGN_OR_RETURN(const auto probe, CountProbe::Start(system, load.probe_every));
  ASSIGN_OR_RETURN(const nlohmann::json result, RunLoad(system, load));
  RETURN_IF_ERROR(probe->Stop());
  const int64_t orders = result["placed"].get<int64_t>() + probe->placed();
  RETURN_IF_ERROR(AwaitCounted(system, before + static_cast<double>(orders), kPatience));
  findings.Add("orders_per_second",
               static_cast<double>(orders) / absl::ToDoubleSeconds(base::MonotonicNow() - start));
  for (const auto& [measure, percentile] :
       {std::pair{"p50_us", "p50"}, {"p99_us", "p99"}, {"p99_9_us", "p99.9"}}) {
    findings.Add(measure, result["latency_us"][percentile].get<double>());
  }
  findings.Add("counted_p50_us", absl::ToDoubleMicroseconds(probe->latency().Percentile(50)));
  findings.Add("counted_p99_us", absl::ToDoubleMicroseconds(probe->latency().Percentile(99)));
  return meter.Report(orders, findings);
}

absl::Status WarmUp(e2e::System& system) {
  const double before = Counted(system);
  for (const bool bulk : {false, true}) {
    RETURN_IF_ERROR(PlaceOnly(system, {.bulk = bulk, .count = kWarmUpOrders}).status());
  }
  return AwaitCounted(system, before + 2 * kWarmUpOrders, kPatience);
}

absl::StatusOr<int64_t> PlaceOnly(e2e::System& system, const Load& load) {
  ASSIGN_OR_RETURN(const nlohmann::json result, RunLoad(system, load));
  return result["placed"].get<int64_t>();
}

absl::Status AwaitCounted(e2e::System& system, double events, absl::Duration patience) {
  double counted = 0;
  if (testkit::Eventually(patience, [&] { return (counted = Counted(system)) >= events; })) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat(counted, " of ", events, " events are counted"));
}

}  // namespace tally::bench
