#pragma once

#include <array>
#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/telemetry/metrics.h"

namespace tally::rpc {

// One method of a service and its metrics. Thread-safe.
class Method {
 public:
  // `scope`: see scope.proto.
  Method(std::string name, std::string scope, telemetry::Metrics& metrics);

  // Calls of this method under way, whichever Method object they went through: until their answers
  // have left, which a client that does not read puts off.
  static telemetry::Gauge& InFlight(const std::string& name, telemetry::Metrics& metrics);

  // "tally.orders.v1.OrderService/PlaceOrder".
  const std::string& name() const { return name_; }
  const std::string& scope() const { return scope_; }

  void Started() { in_flight_.Increment(); }
  void Answered(absl::StatusCode code, absl::Duration duration);
  void Ended() { in_flight_.Decrement(); }

  // One item of a stream.
  void ItemAnswered(absl::StatusCode code);

 private:
  // A counter for each code, made at its first use.
  using Counters = std::array<std::atomic<telemetry::Counter*>, 17>;

  void Count(Counters& counters, const char* name, const char* help, absl::StatusCode code);

  const std::string name_;
  const std::string scope_;
  telemetry::Metrics& metrics_;
  telemetry::Gauge& in_flight_;
  telemetry::Histogram& duration_seconds_;
  Counters calls_{};
  Counters items_{};
};

}  // namespace tally::rpc
