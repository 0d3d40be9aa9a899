#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace tally::telemetry {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// The process' metrics. Names follow Prometheus' conventions (`tally_` prefix, base units, `_total`
// for counters). The same name and labels give the same object; references live as long as this
// does. Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& AddHistogram(const std::string& name, const std::string& help, const Labels& labels,
                          const std::vector<double>& bounds);
  // Bounds for durations in seconds, 100 µs to 30 s.
  static const std::vector<double>& LatencyBounds();

  // Prometheus text exposition format.
  std::string Serialize() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace tally::telemetry
