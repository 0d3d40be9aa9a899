#include "common/rpc/method.h"

#include <algorithm>
#include <utility>

#include "common/rpc/error_details.h"

namespace tally::rpc {

Method::Method(std::string name, std::string scope, telemetry::Metrics& metrics)
    : name_(std::move(name)),
      scope_(std::move(scope)),
      metrics_(metrics),
      in_flight_(InFlight(name_, metrics)),
      duration_seconds_(metrics.AddHistogram(
          "tally_rpc_duration_seconds", "From the arrival of a call to its answer.",
          {{"method", name_}}, telemetry::Metrics::LatencyBounds())) {}

telemetry::Gauge& Method::InFlight(const std::string& name, telemetry::Metrics& metrics) {
  return metrics.AddGauge("tally_rpc_in_flight", "Calls under way.", {{"method", name}});
}

void Method::Answered(absl::StatusCode code, absl::Duration duration) {
  duration_seconds_.Observe(std::max(absl::ToDoubleSeconds(duration), 0.0));
  Count(calls_, "tally_rpc_requests_total", "Calls answered.", code);
}

void Method::ItemAnswered(absl::StatusCode code) {
  Count(items_, "tally_rpc_items_total", "Items of streams answered.", code);
}

void Method::Count(Counters& counters, const char* name, const char* help, absl::StatusCode code) {
  size_t index = static_cast<size_t>(code);
  if (index >= counters.size()) index = static_cast<size_t>(absl::StatusCode::kUnknown);
  telemetry::Counter* counter = counters[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &metrics_.AddCounter(
        name, help, {{"method", name_}, {"code", CodeName(static_cast<absl::StatusCode>(index))}});
    counters[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
}

}  // namespace tally::rpc
