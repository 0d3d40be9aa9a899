#pragma once

#include <memory>
#include <string>

#include "common/bus/bus.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// A process' connection to the simulated broker. Calls that would wait for an answer have it at
// once, or others step meanwhile; whatever waits for its time-out lets simulated time pass.
class SimulatedBus final : public bus::Bus {
 public:
  SimulatedBus(Network& network, const Life& life);
  ~SimulatedBus() override;

  bool Connected() const override;
  absl::StatusOr<int64_t> MaxPayload() const override;
  absl::StatusOr<bus::Declared> Declare(const bus::StreamConfig& config,
                                        absl::Time deadline) override;
  absl::StatusOr<bus::Declared> Declare(const bus::DurableConfig& config,
                                        absl::Time deadline) override;
  absl::StatusOr<bus::StreamState> GetStreamState(const std::string& stream,
                                                  absl::Time deadline) override;
  absl::StatusOr<bus::DurableState> GetDurableState(const std::string& stream,
                                                    const std::string& durable,
                                                    absl::Time deadline) override;
  absl::StatusOr<std::string> Request(const std::string& subject, const std::string& body,
                                      absl::Time deadline) override;
  std::unique_ptr<bus::Publisher> NewPublisher(bus::PublisherOptions options) override;
  std::unique_ptr<bus::PullConsumer> NewPullConsumer(bus::PullConsumerOptions options) override;
  std::unique_ptr<bus::Responder> NewResponder(bus::ResponderOptions options) override;

  // The link to the broker breaks, and is there again.
  void Disconnect();
  void Connect();
  bool linked() const { return linked_; }

  uint64_t epoch() const { return epoch_; }
  const Life& life() const { return life_; }
  void Send(std::function<void()> packet) { wire_->packets.push_back(std::move(packet)); }
  Network& network() { return network_; }

 private:
  // UNAVAILABLE while nothing comes through.
  absl::Status Reach(const char* what);

  Network& network_;
  Scene& scene_;
  const Life& life_;
  std::shared_ptr<Network::Wire> wire_;
  bool linked_ = true;
  uint64_t epoch_ = 1;
  uint64_t questions_ = 0;
};

}  // namespace tally::simulation
