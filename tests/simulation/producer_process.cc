#include "tests/simulation/producer_process.h"

#include <algorithm>
#include <utility>

namespace tally::simulation {
namespace {

constexpr base::BackoffPolicy kRelayBackoff = {
    .initial = absl::Milliseconds(20), .max = absl::Milliseconds(500), .jitter = 0};

outbox::RelayOptions Options(const std::string& source) {
  outbox::RelayOptions options;
  options.publisher = {.source = source,
                       .stream = SimulatedStream(),
                       .window_messages = 4,
                       .ack_timeout = absl::Milliseconds(500),
                       .declare_every = absl::Seconds(2),
                       .backoff = kRelayBackoff};
  options.lanes = {.renew_every = absl::Milliseconds(300),
                   .cursor_every = absl::Milliseconds(20),
                   .ahead_max = 16};
  options.parked = {.look_every = absl::Milliseconds(500), .claim = absl::Seconds(2)};
  options.message_events_max = 4;
  options.refusals_max = 2;
  options.refusal_backoff = kRelayBackoff;
  return options;
}

}  // namespace

bus::StreamConfig SimulatedStream() {
  return {.name = kStream, .subjects = {"notes"}, .duplicate_window = absl::Seconds(5)};
}

ProducerProcess::ProducerProcess(const std::string& name, std::string source,
                                 db::Database& database, Network& network, Ledger& ledger)
    : Process(name, network),
      scene_(network.scene()),
      ledger_(ledger),
      source_(std::move(source)),
      telemetry_(telemetry::LogFormat::kText, kSilent, "simulation"),
      queue_(64, 1 << 20, telemetry_.metrics),
      lanes_({.stream = kStream, .holder = name, .lease = absl::Seconds(2)}, database),
      parked_(database),
      wake_relay_(AddComponent("relay", [this] { return relay_.Step(); })),
      wake_answerer_(AddComponent("answerer", [this] { return answerer_.Step(); })),
      handover_(/*bytes_max=*/200, [this] { wake_relay_(); }),
      relay_(
          Options(source_), lanes_, parked_, handover_, bus(), [this] { wake_relay_(); },
          scene_.clock, telemetry_),
      answerer_(
          {.source = source_, .events_max = 8}, lanes_, bus(), [this] { wake_answerer_(); },
          scene_.clock, telemetry_),
      trimmer_({.retention = scene_.weather.retention, .rows_max = 5}, database, telemetry_),
      writer_({.batch_commands_max = 6, .backoff = kRelayBackoff}, queue_, handler_, lanes_,
              handover_, scene_.clock, telemetry_) {
  // In production it waits for commands in the queue.
  AddComponent("writer", [this] { return std::min(writer_.Step(), absl::Milliseconds(20)); });
  AddComponent("trimmer", [this] {
    trimmer_.Sweep().IgnoreError();
    return absl::Milliseconds(500);
  });
}

void ProducerProcess::Submit(const Note& note, absl::Duration patience) {
  std::unique_ptr<outbox::Command> command =
      std::make_unique<NoteCommand>(note, scene_.clock.Now() + patience, life(), ledger_);
  const absl::Status taken = queue_.Push(absl::MakeSpan(&command, 1));
  if (command != nullptr) command->Finish(taken);
}

void ProducerProcess::Stop() {
  const absl::Time deadline = scene_.clock.Now() + absl::Seconds(1);
  queue_.Close();
  while (!queue_.Exhausted() && !life().dying && scene_.clock.Now() < deadline) {
    writer_.Step();
    scene_.clock.Advance(absl::Milliseconds(50));
  }
  writer_.Close(deadline);
  for (auto& command : queue_.Take(0, SIZE_MAX, SIZE_MAX))
    command->Finish(absl::UnavailableError(""));
  relay_.Step();
  relay_.Stop(deadline);
}

void ProducerProcess::Report(Sightings& sightings) {
  const auto saw = [&](const char* what, const char* metric) {
    sightings.Saw(what, static_cast<int64_t>(telemetry_.metrics.AddCounter(metric, "").Value()));
  };
  saw("lane closed by another", "tally_relay_takeovers_total");
  saw("batch of commands bisected", "tally_writer_bisections_total");
  saw("event parked", "tally_relay_parked_total");
  saw("events trimmed", "tally_outbox_trimmed_total");
  saw("events given to consumers that asked", "tally_outbox_healing_events_total");
}

}  // namespace tally::simulation
