#include "tests/simulation/simulated_pull_consumer.h"

#include <utility>

#include "absl/strings/str_join.h"

namespace tally::simulation {

SimulatedPullConsumer::SimulatedPullConsumer(SimulatedBus& bus, bus::PullConsumerOptions options)
    : bus_(bus),
      scene_(bus.network().scene()),
      pull_(std::make_shared<Network::Pull>(Network::Pull{.bus = &bus,
                                                          .prefetch = options.prefetch,
                                                          .waker = std::move(options.waker),
                                                          .arrived = {}})) {
  bus.network().Add(pull_);
}

absl::StatusOr<std::vector<bus::Delivery>> SimulatedPullConsumer::Take(size_t max,
                                                                       size_t bytes_max) {
  if (scene_.Killed("taking messages") || !bus_.Connected()) {
    return absl::UnavailableError("not connected");
  }
  if (!bus_.network().broker().HasDurable()) return absl::NotFoundError("no such durable");
  std::vector<bus::Delivery> taken;
  size_t bytes = 0;
  while (!pull_->arrived.empty() && taken.size() < max) {
    bus::Delivery& next = pull_->arrived.front();
    bytes += next.message.payload.size();
    if (!taken.empty() && bytes > bytes_max) break;
    if (next.epoch == bus_.epoch()) taken.push_back(std::move(next));
    pull_->arrived.pop_front();
  }
  return taken;
}

template <typename Tell>
void SimulatedPullConsumer::Send(const char* what, absl::Span<const bus::Delivery> deliveries,
                                 Tell tell) {
  if (!bus_.Connected()) return;
  std::vector<int64_t> sequences;
  for (const bus::Delivery& delivery : deliveries) {
    if (delivery.epoch == bus_.epoch()) sequences.push_back(delivery.stream_sequence);
  }
  if (sequences.empty() || scene_.chance.Fault(scene_.weather.packet_lost)) return;
  scene_.Say("    ", what, " ", absl::StrJoin(sequences, " "));
  bus_.Send([&broker = bus_.network().broker(), sequences, tell] {
    for (const int64_t sequence : sequences) tell(broker, sequence);
  });
}

void SimulatedPullConsumer::Ack(absl::Span<const bus::Delivery> deliveries) {
  if (scene_.Killed("acknowledging")) return;
  scene_.acknowledging(deliveries);
  Send("acknowledges", deliveries,
       [](Broker& broker, int64_t sequence) { broker.Acknowledge(sequence); });
}

void SimulatedPullConsumer::Nak(absl::Span<const bus::Delivery> deliveries, absl::Duration delay) {
  Send("gives back", deliveries,
       [delay](Broker& broker, int64_t sequence) { broker.GiveBack(sequence, delay); });
}

void SimulatedPullConsumer::InProgress(absl::Span<const bus::Delivery> deliveries) {
  Send("still works on", deliveries,
       [](Broker& broker, int64_t sequence) { broker.Extend(sequence); });
}

}  // namespace tally::simulation
