#include "tests/simulation/simulated_bus.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/simulation/simulated_publisher.h"
#include "tests/simulation/simulated_pull_consumer.h"

namespace tally::simulation {
namespace {

class SimulatedResponder final : public bus::Responder {
 public:
  SimulatedResponder(SimulatedBus& bus, bus::ResponderOptions options)
      : bus_(bus),
        listener_(std::make_shared<Network::Listener>(Network::Listener{
            .bus = &bus, .subject = options.subject, .waker = options.waker, .questions = {}})) {
    bus.network().Add(listener_);
  }

  std::vector<bus::Question> Take(size_t max) override {
    std::vector<bus::Question> taken;
    while (!listener_->questions.empty() && taken.size() < max) {
      taken.push_back(std::move(listener_->questions.front()));
      listener_->questions.pop_front();
    }
    return taken;
  }

  absl::Status Answer(const bus::Question& question, const std::string& body) override {
    if (!bus_.Connected()) return absl::UnavailableError("not connected");
    bus_.network().answers()[question.reply] = body;
    if (absl::EndsWith(question.subject, ".events")) bus_.network().scene().giving(body);
    return absl::OkStatus();
  }

 private:
  SimulatedBus& bus_;
  const std::shared_ptr<Network::Listener> listener_;
};

}  // namespace

SimulatedBus::SimulatedBus(Network& network, const Life& life)
    : network_(network), scene_(network.scene()), life_(life), wire_(network.NewWire()) {}

SimulatedBus::~SimulatedBus() { network_.Cut(*wire_); }

bool SimulatedBus::Connected() const { return linked_ && network_.broker().up && !life_.dying; }

absl::StatusOr<int64_t> SimulatedBus::MaxPayload() const { return 1 << 20; }

absl::Status SimulatedBus::Reach(const char* what) {
  scene_.interleave();
  if (scene_.Killed(what) || !Connected()) return absl::UnavailableError("not connected");
  return absl::OkStatus();
}

absl::StatusOr<bus::Declared> SimulatedBus::Declare(const bus::StreamConfig& config, absl::Time) {
  RETURN_IF_ERROR(Reach("declare stream"));
  return network_.broker().Declare(config);
}

absl::StatusOr<bus::Declared> SimulatedBus::Declare(const bus::DurableConfig& config, absl::Time) {
  RETURN_IF_ERROR(Reach("declare durable"));
  return network_.broker().Declare(config);
}

absl::StatusOr<bus::StreamState> SimulatedBus::GetStreamState(const std::string&, absl::Time) {
  RETURN_IF_ERROR(Reach("stream state"));
  return network_.broker().GetStreamState();
}

absl::StatusOr<bus::DurableState> SimulatedBus::GetDurableState(const std::string&,
                                                                const std::string&, absl::Time) {
  RETURN_IF_ERROR(Reach("durable state"));
  return network_.broker().GetDurableState();
}

absl::StatusOr<std::string> SimulatedBus::Request(const std::string& subject,
                                                  const std::string& body, absl::Time deadline) {
  RETURN_IF_ERROR(Reach("request"));
  const auto listeners = network_.ListenersTo(subject);
  if (listeners.empty()) return absl::UnavailableError("nobody answers");
  Network::Listener& listener = *listeners[scene_.chance.Below(listeners.size())];
  const std::string reply = absl::StrCat(life_.name, "?", ++questions_);
  listener.questions.push_back({.subject = subject, .body = body, .reply = reply});
  scene_.answer(listener.bus->life());
  const auto answer = network_.answers().extract(reply);
  if (answer.empty() || scene_.chance.Fault(scene_.weather.answer_lost)) {
    scene_.Say("    no answer to ", subject);
    if (scene_.clock.Now() < deadline) scene_.clock.Set(deadline);
    return absl::UnavailableError("no answer");
  }
  RETURN_IF_ERROR(Reach("answer"));
  return answer.mapped();
}

std::unique_ptr<bus::Publisher> SimulatedBus::NewPublisher(bus::PublisherOptions options) {
  return std::make_unique<SimulatedPublisher>(*this, std::move(options));
}

std::unique_ptr<bus::PullConsumer> SimulatedBus::NewPullConsumer(bus::PullConsumerOptions options) {
  return std::make_unique<SimulatedPullConsumer>(*this, std::move(options));
}

std::unique_ptr<bus::Responder> SimulatedBus::NewResponder(bus::ResponderOptions options) {
  return std::make_unique<SimulatedResponder>(*this, std::move(options));
}

void SimulatedBus::Disconnect() {
  if (!linked_) return;
  linked_ = false;
  ++epoch_;
  network_.Cut(*wire_);
  wire_ = network_.NewWire();
}

void SimulatedBus::Connect() { linked_ = true; }

}  // namespace tally::simulation
