#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/bus.h"
#include "tests/simulation/simulated_bus.h"

namespace tally::simulation {

// A connection's way to publish. Acknowledgements get lost; what a relay was told is noted.
class SimulatedPublisher final : public bus::Publisher {
 public:
  SimulatedPublisher(SimulatedBus& bus, bus::PublisherOptions options);

  absl::Status Publish(uint64_t token, const bus::Message& message,
                       const std::string& message_id) override;
  void Flush() override {}
  std::vector<bus::PublishResult> TakeResults() override;

 private:
  struct Sent {
    std::string id;
    absl::Time when;
    uint64_t epoch;
  };
  struct State {
    std::map<uint64_t, Sent> outstanding;
    std::vector<bus::PublishResult> results;
  };
  void NoteStored(const std::string& id);

  SimulatedBus& bus_;
  Scene& scene_;
  const bus::PublisherOptions options_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::map<uint64_t, std::string> ids_;  // of all that wait for TakeResults
};

}  // namespace tally::simulation
