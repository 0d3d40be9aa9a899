#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/load/latency_histogram.h"
#include "tally/orders/v1/order_service.grpc.pb.h"
#include "tests/bench/watermark.h"
#include "tests/e2e/system.h"

namespace tally::bench {

// How long an order takes from its answer (it is committed) until its count is committed and can be
// read: places an order now and then, beside whatever load there is, and looks at the watermark of
// its lane every half millisecond. A thread of its own.
class CountProbe {
 public:
  // `every`: between two orders, unless the one before is not counted yet.
  static absl::StatusOr<std::unique_ptr<CountProbe>> Start(const e2e::System& system,
                                                           absl::Duration every);
  ~CountProbe();

  // Ends it; blocks until its last order is counted.
  absl::Status Stop();

  // Once stopped. Orders it placed; how long they took.
  int64_t placed() const { return latency_.count(); }
  const client::LatencyHistogram& latency() const { return latency_; }

 private:
  CountProbe(std::unique_ptr<Watermark> watermark, const e2e::System& system, absl::Duration every);
  void Run();
  absl::Status PlaceOne();

  const std::unique_ptr<Watermark> watermark_;
  const std::unique_ptr<orders::v1::OrderService::Stub> orders_;
  const absl::Duration every_;
  std::atomic<bool> stopping_ = false;
  client::LatencyHistogram latency_;
  absl::Status status_;
  std::thread thread_;
};

}  // namespace tally::bench
