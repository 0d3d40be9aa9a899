#include "tests/simulation/network.h"

#include <utility>

#include "tests/simulation/simulated_bus.h"

namespace tally::simulation {

std::shared_ptr<Network::Wire> Network::NewWire() {
  wires_.push_back(std::make_shared<Wire>());
  return wires_.back();
}

void Network::Cut(Wire& wire) {
  wire.open = false;
  const size_t sent = wire.packets.empty() ? 0 : scene_.chance.Below(wire.packets.size() + 1);
  wire.packets.resize(sent);
}

std::vector<std::shared_ptr<Network::Listener>> Network::ListenersTo(const std::string& subject) {
  std::vector<std::shared_ptr<Listener>> found;
  for (const auto& weak : listeners_) {
    const auto listener = weak.lock();
    if (listener != nullptr && listener->subject == subject && listener->bus->Connected()) {
      found.push_back(listener);
    }
  }
  return found;
}

void Network::Forget() {
  std::erase_if(wires_, [](const auto& wire) { return !wire->open && wire->packets.empty(); });
  std::erase_if(pulls_, [](const auto& pull) { return pull.expired(); });
  std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
}

bool Network::Arrive(size_t wire) {
  auto& packets = wires_[wire]->packets;
  if (packets.empty()) return false;
  const std::function<void()> packet = std::move(packets.front());
  packets.pop_front();
  packet();
  return true;
}

bool Network::DeliverTo(size_t index) {
  const auto pull = pulls_[index].lock();
  if (pull == nullptr || !pull->bus->Connected() || pull->arrived.size() >= pull->prefetch) {
    return false;
  }
  auto delivery = broker_.Deliver();
  if (!delivery.has_value()) return false;
  scene_.Say("    ", pull->bus->life().name, " gets message ", delivery->stream_sequence,
             ", delivery ", delivery->delivery_count);
  delivery->epoch = pull->bus->epoch();
  pull->arrived.push_back(*std::move(delivery));
  if (pull->waker) pull->waker();
  return true;
}

void Network::Step() {
  Forget();
  if (!broker_.up) return;
  const size_t ends = wires_.size() + pulls_.size();
  if (ends == 0) return;
  for (uint64_t moves = 1 + scene_.chance.Below(6); moves > 0; --moves) {
    const size_t end = scene_.chance.Below(ends);
    if (end < wires_.size()) {
      Arrive(end);
    } else {
      DeliverTo(end - wires_.size());
    }
  }
}

void Network::Drain() {
  Forget();
  if (!broker_.up) return;
  for (size_t i = 0; i < wires_.size(); ++i) {
    while (Arrive(i)) {
    }
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t i = 0; i < pulls_.size(); ++i) moved = DeliverTo(i) || moved;
  }
}

bool Network::idle() const {
  for (const auto& wire : wires_) {
    if (!wire->packets.empty()) return false;
  }
  return true;
}

void Network::DropAll() {
  for (const auto& wire : wires_) wire->packets.clear();
}

}  // namespace tally::simulation
