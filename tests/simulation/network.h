#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/bus.h"
#include "tests/simulation/broker.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

class SimulatedBus;

// What is between the processes and the broker: packets on their way, pulls that wait for messages,
// and those who answer requests. Packets of one connection arrive in order, those of several in
// any; what a connection that is lost had sent may arrive all the same, its first part.
class Network {
 public:
  explicit Network(Scene& scene) : scene_(scene), broker_(scene) {}

  struct Wire {
    std::deque<std::function<void()>> packets;
    bool open = true;
  };
  // A pull consumer's end.
  struct Pull {
    const SimulatedBus* bus;
    size_t prefetch;
    bus::Waker waker;
    std::deque<bus::Delivery> arrived;
  };
  // A responder's end.
  struct Listener {
    const SimulatedBus* bus;
    std::string subject;
    bus::Waker waker;
    std::deque<bus::Question> questions;
  };

  Broker& broker() { return broker_; }
  Scene& scene() { return scene_; }

  std::shared_ptr<Wire> NewWire();
  void Cut(Wire& wire);
  void Add(const std::shared_ptr<Pull>& pull) { pulls_.push_back(pull); }
  void Add(const std::shared_ptr<Listener>& listener) { listeners_.push_back(listener); }
  std::vector<std::shared_ptr<Listener>> ListenersTo(const std::string& subject);
  std::map<std::string, std::string>& answers() { return answers_; }

  // Lets a few packets arrive, or delivers a few messages.
  void Step();
  // All that can move, moves.
  void Drain();
  bool idle() const;
  // The broker's process ends: nothing that is on its way arrives.
  void DropAll();

 private:
  bool Arrive(size_t wire);
  bool DeliverTo(size_t pull);
  void Forget();

  Scene& scene_;
  Broker broker_;
  std::vector<std::shared_ptr<Wire>> wires_;
  std::vector<std::weak_ptr<Pull>> pulls_;
  std::vector<std::weak_ptr<Listener>> listeners_;
  std::map<std::string, std::string> answers_;  // by question
};

}  // namespace tally::simulation
