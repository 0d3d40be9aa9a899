// What order_service does for each order on the gRPC thread that took it.

#include <benchmark/benchmark.h>

#include "absl/time/clock.h"
#include "client/load/order_generator.h"
#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"
#include "order_service/service/placement_request.h"
#include "order_service/store/order_lines_codec.h"
#include "tests/bench/reference_order.h"

namespace tally::bench {
namespace {

constexpr int64_t kEventBytesMax = 512 << 10;

// Validation, total, fingerprint, and the serialised event.
void PrepareOrder(benchmark::State& state) {
  client::OrderGenerator generator({.lines = static_cast<int>(state.range(0))});
  orders::v1::PlaceOrderRequest request;
  generator.Fill(request);
  request.set_request_id("018f0000-0000-7000-8000-000000000001/0/1");
  base::SystemClock clock;
  base::UuidV7Source ids(clock);
  for (auto _ : state) {
    auto placement =
        orders::PreparePlacement(request, "caller", ids.Next(), absl::Now(), kEventBytesMax);
    benchmark::DoNotOptimize(placement);
  }
}
BENCHMARK(PrepareOrder)->Arg(1)->Arg(3)->Arg(100);

void EncodeOrderLines(benchmark::State& state) {
  const orders::PlacementRequest placement = ReferenceOrder("");
  for (auto _ : state) {
    benchmark::DoNotOptimize(orders::EncodeLines(placement.draft.order.lines));
  }
}
BENCHMARK(EncodeOrderLines);

}  // namespace
}  // namespace tally::bench
