#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace tally::simulation {
namespace {

constexpr int kDepthMax = 2;
constexpr int kCalmTurn = 1 << 20;
constexpr int kCalmRoundsMax = 600;

absl::Duration Milliseconds(uint64_t n) { return absl::Milliseconds(static_cast<int64_t>(n)); }

}  // namespace

const std::array<World::Action, 22> World::kActions = {{
    {400, &World::StepSomebody}, {60, &World::StepAllThatAreDue}, {160, &World::MovePackets},
    {120, &World::AskForNotes},  {15, &World::AskAgain},          {60, &World::PassMoment},
    {40, &World::PassWhile},     {15, &World::PassLong},          {6, &World::Kill},
    {3, &World::StopOne},        {25, &World::StartOne},          {6, &World::Pause},
    {6, &World::CutLink},        {20, &World::MendLinks},         {6, &World::TurnBroker},
    {6, &World::CopyBroker},     {5, &World::DamageBroker},       {6, &World::LoseMessage},
    {6, &World::ChangeLimits},   {12, &World::RetryParked},       {20, &World::DiscardParked},
    {1, &World::Mend},
}};

World::Outcome World::Run(Databases& databases, const Options& options) {
  Scene scene(options.seed, options.left_out, options.traced);
  const auto outcome = [&] {
    return Outcome{scene.failure(), scene.sightings, scene.chance.taken(), scene.trace()};
  };
  const absl::Cleanup close = [&] { databases.Close(); };
  if (const absl::Status opened = databases.Open(scene); !opened.ok()) {
    scene.Fail(opened.ToString());
    return outcome();
  }
  World world(scene, databases);
  const int turns = options.turns_min + static_cast<int>(scene.chance.Below(200));
  world.StartMissing();
  for (int turn = 0; turn < turns && scene.failure().empty(); ++turn) world.Turn(turn);
  if (scene.failure().empty()) world.CalmDown();
  if (scene.failure().empty()) world.StopAll();
  world.ForEach([&](Process& process) { process.Report(scene.sightings); });
  return outcome();
}

World::World(Scene& scene, Databases& databases)
    : scene_(scene),
      databases_(databases),
      network_(scene),
      ledger_(scene),
      checker_(scene, ledger_, {{kOrders, &databases.orders()}, {kStock, &databases.stock()}},
               databases.consumer()) {
  network_.broker().max_payload = kMaxPayload;
  scene_.interleave = [this] { Interleave(); };
  scene_.answer = [this](const Life& life) { Answer(life); };
  scene_.acknowledging = [this](absl::Span<const bus::Delivery> deliveries) {
    checker_.LookAtAcknowledged(deliveries);
  };
  scene_.giving = [this](const std::string& answer) { checker_.LookAtGiven(answer); };
}

void World::Turn(int turn) {
  if (!scene_.chance.BeginTurn(turn)) return;
  scene_.clock.Advance(absl::Milliseconds(1));
  uint64_t total = 0;
  for (const Action& action : kActions) total += action.weight;
  uint64_t drawn = scene_.chance.Below(total);
  for (const Action& action : kActions) {
    if (drawn < action.weight) {
      (this->*action.act)();
      break;
    }
    drawn -= action.weight;
  }
  Look();
}

void World::Look() {
  Bury();
  checker_.Look();
  for (const auto& consumer : consumers_) {
    if (consumer != nullptr) checker_.LookAtHorizon(consumer->as_of());
  }
}

void World::Step(Process& process, Component& component) {
  if (component.busy || process.life().dying || process.paused_until > scene_.clock.Now()) return;
  scene_.Say(std::string(2 * depth_, ' '), component.name);
  Life* const stepping = std::exchange(scene_.current, &process.life());
  component.busy = true;
  ++depth_;
  scene_.clock.Advance(absl::Milliseconds(1));
  component.due = absl::InfiniteFuture();  // unless it is woken meanwhile
  const absl::Duration rest = component.step();
  component.due = std::min(component.due, scene_.clock.Now() + rest);
  --depth_;
  component.busy = false;
  scene_.current = stepping;
}

void World::Stop(Process& process) {
  for (Component& component : process.components()) component.busy = true;  // their threads ended
  scene_.current = &process.life();
  process.Stop();
  scene_.current = nullptr;
}

void World::Interleave() {
  if (depth_ >= kDepthMax || !scene_.chance.Fault(scene_.weather.interleaved)) return;
  scene_.sightings.Saw("step in the middle of another's");
  Life* const stepping = scene_.current;
  for (uint64_t steps = 1 + scene_.chance.Below(3); steps > 0; --steps) {
    if (scene_.chance.Below(3) == 0) {
      MovePackets();
    } else {
      StepSomebody();
    }
  }
  scene_.current = stepping;
}

void World::Answer(const Life& life) {
  ForEach([&](Process& process) {
    if (&process.life() != &life) return;
    for (Component& component : process.components()) {
      if (component.name == life.name + ".answerer") Step(process, component);
    }
  });
}

void World::ForEach(absl::FunctionRef<void(Process&)> visit) {
  for (const auto& process : producers_) {
    if (process != nullptr) visit(*process);
  }
  for (const auto& process : consumers_) {
    if (process != nullptr) visit(*process);
  }
}

Process* World::AnyProcess() {
  std::vector<Process*> processes;
  ForEach([&](Process& process) { processes.push_back(&process); });
  return processes.empty() ? nullptr : processes[scene_.chance.Below(processes.size())];
}

ProducerProcess* World::AnyProducer() {
  return producers_[scene_.chance.Below(producers_.size())].get();
}

void World::Bury() {
  const auto bury = [&](auto& process) {
    if (process == nullptr || !process->life().dying) return;
    process->Report(scene_.sightings);
    process.reset();
  };
  for (auto& process : producers_) bury(process);
  for (auto& process : consumers_) bury(process);
}

void World::StartMissing() {
  for (size_t i = 0; i < producers_.size(); ++i) {
    if (producers_[i] != nullptr) continue;
    scene_.clock.Advance(absl::Milliseconds(1));
    const bool stock = i == 2;
    const std::string name = absl::StrCat(stock ? kStock : kOrders, i + 1, "-", ++lives_);
    producers_[i] = std::make_unique<ProducerProcess>(
        name, stock ? kStock : kOrders, stock ? databases_.stock() : databases_.orders(), network_,
        ledger_);
    scene_.Say(name, " starts");
  }
  for (size_t i = 0; i < consumers_.size(); ++i) {
    if (consumers_[i] != nullptr) continue;
    const std::string name = absl::StrCat("counter", i + 1, "-", ++lives_);
    consumers_[i] = std::make_unique<ConsumerProcess>(
        name, std::vector<std::string>{kOrders, kStock}, databases_.consumer_id(),
        databases_.consumer(), mended_, network_);
    scene_.Say(name, " starts");
  }
}

void World::StepSomebody() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  auto& components = process->components();
  Step(*process, *std::next(components.begin(),
                            static_cast<int64_t>(scene_.chance.Below(components.size()))));
}

void World::StepAllThatAreDue() {
  ForEach([&](Process& process) {
    for (Component& component : process.components()) {
      if (component.due <= scene_.clock.Now()) Step(process, component);
    }
  });
}

void World::MovePackets() {
  Life* const stepping = std::exchange(scene_.current, nullptr);
  network_.Step();
  scene_.current = stepping;
}

void World::AskForNotes() {
  ProducerProcess* const producer = AnyProducer();
  if (producer == nullptr) return;
  const absl::Duration patience = Milliseconds(100 + scene_.chance.Below(3000));
  for (uint64_t notes = 1 + scene_.chance.Below(6); notes > 0; --notes) {
    const Note& note = ledger_.NewNote(producer->source());
    scene_.Say("a client asks ", producer->life().name, " for ", note.key, " (", Name(note.kind),
               ")");
    producer->Submit(note, patience);
  }
}

void World::AskAgain() {
  ProducerProcess* const producer = AnyProducer();
  if (producer == nullptr) return;
  const std::vector<Note> notes = ledger_.InDoubt(producer->source());
  for (size_t i = 0; i < std::min<size_t>(notes.size(), 4); ++i) {
    scene_.Say("a client asks ", producer->life().name, " again for ", notes[i].key);
    producer->Submit(notes[i], absl::Seconds(2));
  }
}

void World::PassMoment() { scene_.clock.Advance(Milliseconds(1 + scene_.chance.Below(50))); }
void World::PassWhile() { scene_.clock.Advance(Milliseconds(50 + scene_.chance.Below(500))); }
void World::PassLong() { scene_.clock.Advance(Milliseconds(500 + scene_.chance.Below(3000))); }

void World::Kill() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  process->life().dying = true;
  scene_.sightings.Saw("process killed between steps");
  scene_.Say(process->life().name, " is killed");
}

void World::StopOne() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  scene_.Say(process->life().name, " is stopped");
  Stop(*process);
  process->life().dying = true;
}

void World::StartOne() { StartMissing(); }

void World::Pause() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  process->paused_until = scene_.clock.Now() + Milliseconds(scene_.chance.Below(12000));
  scene_.sightings.Saw("paused process woke");
  scene_.Say(process->life().name, " is paused");
}

void World::CutLink() {
  Process* const process = AnyProcess();
  if (process == nullptr) return;
  process->bus().Disconnect();
  scene_.Say(process->life().name, " loses its connection to the broker");
}

void World::MendLinks() {
  ForEach([&](Process& process) { process.bus().Connect(); });
}

void World::Restart(absl::FunctionRef<void()> damage) {
  network_.DropAll();
  ForEach([&](Process& process) { process.bus().Disconnect(); });
  damage();
}

void World::TurnBroker() {
  Broker& broker = network_.broker();
  broker.up = !broker.up;
  scene_.Say("the broker is ", broker.up ? "up" : "down");
  if (!broker.up) return Restart([] {});
  MendLinks();
}

void World::CopyBroker() { network_.broker().Copy(); }

void World::DamageBroker() {
  Broker& broker = network_.broker();
  switch (scene_.chance.Below(4)) {
    case 0:
      scene_.sightings.Saw("broker wiped");
      scene_.Say("the broker loses its disk");
      return Restart([&] { broker.Wipe(); });
    case 1:
      Restart([&] {
        if (!broker.RollBack()) return;
        scene_.sightings.Saw("broker rolled back");
        scene_.Say("the broker is rolled back to an older copy");
      });
      return;
    case 2:
      broker.Purge();
      scene_.sightings.Saw("stream purged");
      scene_.Say("the stream is purged");
      return;
    default:
      broker.DeleteDurable();
      scene_.sightings.Saw("durable deleted");
      scene_.Say("the durable is deleted");
  }
}

void World::LoseMessage() {
  if (!network_.broker().DeleteMessage()) return;
  scene_.sightings.Saw("message lost in the stream");
  scene_.Say("the stream loses a message");
}

void World::ChangeLimits() {
  Broker& broker = network_.broker();
  const uint64_t drawn = scene_.chance.Below(6);
  broker.full = drawn == 0;
  broker.max_payload = drawn == 1 ? 20 : drawn == 2 ? 5 : kMaxPayload;
  scene_.Say("the stream is ", broker.full ? "full" : "not full", " and takes ", broker.max_payload,
             " bytes");
}

void World::RetryParked() {
  ProducerProcess* const producer = AnyProducer();
  if (producer == nullptr) return;
  const absl::Time deadline = scene_.clock.Now() + absl::Seconds(1);
  const auto page =
      producer->parked().List({.discarded = false}, std::nullopt, false, 10, 1 << 20, deadline);
  if (!page.ok()) return;
  for (const outbox::ParkedEvent& parked : page->events) {
    const outbox::EventKey key = {parked.lane_id, parked.event.sequence};
    producer->parked().Retry({key}, 1, deadline).IgnoreError();
    scene_.Say(scene_.NameOf(key.lane_id), "/", key.sequence, " is to be published after all");
  }
}

void World::DiscardParked() {
  ProducerProcess* const producer = AnyProducer();
  if (producer == nullptr) return;
  const absl::Time deadline = scene_.clock.Now() + absl::Seconds(1);
  const auto page =
      producer->parked().List({.discarded = false}, std::nullopt, false, 1, 1 << 20, deadline);
  if (!page.ok() || page->events.empty()) return;
  const outbox::EventKey key = {page->events[0].lane_id, page->events[0].event.sequence};
  const auto discarded = producer->parked().Discard({key}, "simulated", "an operator", deadline);
  if (!discarded.ok()) return;
  scene_.sightings.Saw("parked event discarded");
  scene_.Say(scene_.NameOf(key.lane_id), "/", key.sequence, " is discarded");
}

void World::Mend() {
  mended_ = true;
  scene_.Say("consumers know all types now");
}

void World::CalmDown() {
  scene_.chance.BeginTurn(kCalmTurn);
  scene_.chance.Calm();
  scene_.Say("nothing goes wrong any more");
  Bury();
  Broker& broker = network_.broker();
  broker.up = true;
  broker.full = false;
  broker.max_payload = kMaxPayload;
  mended_ = true;
  StartMissing();
  MendLinks();
  ForEach([](Process& process) { process.paused_until = absl::InfinitePast(); });
  std::string unfinished = "clients wait, or packets move";
  for (int round = 1; round <= kCalmRoundsMax && scene_.failure().empty(); ++round) {
    network_.Drain();
    StepAllThatAreDue();
    Look();
    if (round % 8 == 0 && Idle()) {
      unfinished = checker_.Unfinished();
      if (unfinished.empty()) return;
    }
    scene_.clock.Advance(absl::Milliseconds(100));
  }
  scene_.Fail(absl::StrCat("not quiet after a minute: ", unfinished));
}

bool World::Idle() {
  bool idle = network_.idle();
  ForEach([&](Process& process) { idle = idle && process.life().commands == 0; });
  return idle;
}

void World::StopAll() {
  ForEach([&](Process& process) { Stop(process); });
  checker_.LookAtTheEnd();
}

}  // namespace tally::simulation
