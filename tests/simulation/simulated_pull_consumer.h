#pragma once

#include <memory>
#include <vector>

#include "common/bus/bus.h"
#include "tests/simulation/simulated_bus.h"

namespace tally::simulation {

// A connection's way to consume. What it holds is lost with the connection; acknowledgements get
// lost, arrive late, or after the durable was made again.
class SimulatedPullConsumer final : public bus::PullConsumer {
 public:
  SimulatedPullConsumer(SimulatedBus& bus, bus::PullConsumerOptions options);

  absl::StatusOr<std::vector<bus::Delivery>> Take(size_t max, size_t bytes_max) override;
  void Ack(absl::Span<const bus::Delivery> deliveries) override;
  void Nak(absl::Span<const bus::Delivery> deliveries, absl::Duration delay) override;
  void InProgress(absl::Span<const bus::Delivery> deliveries) override;

 private:
  template <typename Tell>
  void Send(const char* what, absl::Span<const bus::Delivery> deliveries, Tell tell);

  SimulatedBus& bus_;
  Scene& scene_;
  const std::shared_ptr<Network::Pull> pull_;
};

}  // namespace tally::simulation
