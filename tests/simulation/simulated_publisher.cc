#include "tests/simulation/simulated_publisher.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace tally::simulation {

SimulatedPublisher::SimulatedPublisher(SimulatedBus& bus, bus::PublisherOptions options)
    : bus_(bus), scene_(bus.network().scene()), options_(std::move(options)) {}

absl::Status SimulatedPublisher::Publish(uint64_t token, const bus::Message& message,
                                         const std::string& message_id) {
  if (scene_.Killed("publish") || !bus_.Connected()) return absl::UnavailableError("not connected");
  if (state_->outstanding.size() >= options_.window) {
    return absl::ResourceExhaustedError("the window is full");
  }
  state_->outstanding[token] = {message_id, scene_.clock.Now(), bus_.epoch()};
  ids_[token] = message_id;
  bus_.Send([&scene = scene_, &broker = bus_.network().broker(), weak = std::weak_ptr(state_),
             waker = options_.waker, token, message, message_id] {
    bus::PublishResult result = broker.Store(token, message, message_id);
    const bool lost = scene.chance.Fault(scene.weather.ack_lost);
    if (lost) scene.sightings.Saw("acknowledgement lost");
    const auto state = weak.lock();
    if (lost || state == nullptr || state->outstanding.erase(token) == 0) return;
    state->results.push_back(std::move(result));
    if (waker) waker();
  });
  return absl::OkStatus();
}

std::vector<bus::PublishResult> SimulatedPublisher::TakeResults() {
  if (scene_.Killed("taking results")) return {};
  std::vector<bus::PublishResult> results = std::exchange(state_->results, {});
  for (auto it = state_->outstanding.begin(); it != state_->outstanding.end();) {
    const Sent& sent = it->second;
    const bool cut = sent.epoch != bus_.epoch() || !bus_.Connected();
    if (!cut && scene_.clock.Now() - sent.when < options_.ack_timeout) {
      ++it;
      continue;
    }
    results.push_back({.token = it->first,
                       .outcome = bus::PublishOutcome::kUnavailable,
                       .error = cut ? "connection lost" : "no acknowledgement"});
    it = state_->outstanding.erase(it);
  }
  for (const bus::PublishResult& result : results) {
    const std::string id = ids_.extract(result.token).mapped();
    if (result.outcome == bus::PublishOutcome::kStored ||
        result.outcome == bus::PublishOutcome::kDuplicate) {
      NoteStored(id);
    }
  }
  return results;
}

void SimulatedPublisher::NoteStored(const std::string& id) {
  const std::vector<std::string> parts = absl::StrSplit(id, '/');
  const std::vector<std::string> bounds = absl::StrSplit(parts.at(1), '-');
  base::SequenceRange range = {};
  if (!absl::SimpleAtoi(bounds.front(), &range.first) ||
      !absl::SimpleAtoi(bounds.back(), &range.last)) {
    return scene_.Fail("a message's id that does not read: " + id);
  }
  scene_.stored[parts.front()].Add(range);
}

}  // namespace tally::simulation
