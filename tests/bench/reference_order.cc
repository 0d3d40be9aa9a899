#include "tests/bench/reference_order.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/load/order_generator.h"
#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"

namespace tally::bench {
namespace {

constexpr int64_t kEventBytesMax = 512 << 10;

}  // namespace

orders::PlacementRequest ReferenceOrder(const std::string& request_id) {
  static base::SystemClock clock;
  static base::UuidV7Source ids(clock);
  static client::OrderGenerator generator({.lines = 3});
  orders::v1::PlaceOrderRequest request;
  generator.Fill(request);
  request.set_request_id(request_id);
  return orders::PreparePlacement(request, "", ids.Next(), absl::Now(), kEventBytesMax).value();
}

bus::Message ReferenceMessage(const std::string& lane_id, int64_t first_sequence, int events) {
  bus::EventRun run{.lane_id = lane_id,
                    .first_sequence = first_sequence,
                    .source = "bench",
                    .type = "",
                    .subject = "",
                    .entries = {}};
  for (int i = 0; i < events; ++i) {
    outbox::NewEvent event = ReferenceOrder("").event;
    run.type = event.type;
    run.subject = event.subject;
    run.entries.push_back({event.time, event.time, "", std::move(event.payload)});
  }
  return bus::ToMessage(std::move(run));
}

}  // namespace tally::bench
