// What an event costs between the two databases: messages, and what is covered.

#include <benchmark/benchmark.h>

#include <vector>

#include "common/base/sequence_set.h"
#include "common/bus/event.h"
#include "common/inbox/arrival.h"
#include "common/inbox/batch_plan.h"
#include "tests/bench/reference_order.h"

namespace tally::bench {
namespace {

constexpr char kLane[] = "018f0000-0000-7000-8000-000000000001";

void CountEvents(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Reference orders as one message.
void EncodeEventRun(benchmark::State& state) {
  const auto events = bus::ReadBatch(ReferenceMessage(kLane, 1, static_cast<int>(state.range(0))));
  bus::EventRun run{.lane_id = kLane,
                    .first_sequence = 1,
                    .source = "bench",
                    .type = events->front().type,
                    .subject = events->front().subject,
                    .entries = {}};
  for (const bus::Event& event : *events) {
    run.entries.push_back({event.time, event.record_time, event.traceparent, event.payload});
  }
  for (auto _ : state) benchmark::DoNotOptimize(bus::ToMessage(run));
  CountEvents(state);
}
BENCHMARK(EncodeEventRun)->Arg(2)->Arg(256);

void DecodeEventRun(benchmark::State& state) {
  const bus::Message message = ReferenceMessage(kLane, 1, static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(bus::ReadBatch(message));
  CountEvents(state);
}
BENCHMARK(DecodeEventRun)->Arg(2)->Arg(256);

void DecodeSingleEvent(benchmark::State& state) {
  const bus::Message message = ReferenceMessage(kLane, 1, 1);
  for (auto _ : state) benchmark::DoNotOptimize(bus::FromMessage(message));
}
BENCHMARK(DecodeSingleEvent);

// A batch of the consumer: deliveries read, what is covered dropped, the watermark raised.
void PlanConsumersBatch(benchmark::State& state) {
  bus::Delivery delivery;
  delivery.message = ReferenceMessage(kLane, 1, static_cast<int>(state.range(0)));
  const auto interest = [](absl::string_view) { return inbox::EventHandler::Interest::kApply; };
  for (auto _ : state) {
    std::vector<inbox::Arrival> arrivals;
    inbox::ReadDelivery(delivery, absl::UnixEpoch(), arrivals);
    std::vector<inbox::Arrival*> all;
    for (inbox::Arrival& arrival : arrivals) all.push_back(&arrival);
    inbox::CoveredLanes covered = {{kLane, base::SequenceSet()}};
    benchmark::DoNotOptimize(inbox::MakePlan(all, interest, covered));
  }
  CountEvents(state);
}
BENCHMARK(PlanConsumersBatch)->Arg(128)->Arg(2048);

void CoverInOrder(benchmark::State& state) {
  base::SequenceSet set;
  int64_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(set.Add(++next));
}
BENCHMARK(CoverInOrder);

// As many ranges above the watermark as are let come together before gaps are asked for.
void CoverWithGaps(benchmark::State& state) {
  const int64_t ranges = state.range(0);
  base::SequenceSet holes;
  for (int64_t i = 1; i <= ranges; ++i) holes.Add(2 * i);
  for (auto _ : state) {
    base::SequenceSet set = holes;
    for (int64_t i = 0; i < ranges; ++i) set.Add(2 * i + 1);
    benchmark::DoNotOptimize(set);
  }
  state.SetItemsProcessed(state.iterations() * ranges);
}
BENCHMARK(CoverWithGaps)->Arg(1000);

}  // namespace
}  // namespace tally::bench
