#pragma once

#include <memory>
#include <string>

#include "common/db/database.h"
#include "common/outbox/answerer.h"
#include "common/outbox/command_queue.h"
#include "common/outbox/handover.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/parked_store.h"
#include "common/outbox/relay.h"
#include "common/outbox/trimmer.h"
#include "common/outbox/writer.h"
#include "common/telemetry/telemetry.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/note.h"
#include "tests/simulation/note_handler.h"
#include "tests/simulation/process.h"

namespace tally::simulation {

inline constexpr char kStream[] = "NOTES";
bus::StreamConfig SimulatedStream();

// A service that produces: what Outbox makes threads of, to be stepped one by one. Its times are
// short, so that much happens in a few hundred steps.
class ProducerProcess final : public Process {
 public:
  ProducerProcess(const std::string& name, std::string source, db::Database& database,
                  Network& network, Ledger& ledger);

  // Gives a command to its queue.
  void Submit(const Note& note, absl::Duration patience);
  void Stop() override;
  void Report(Sightings& sightings) override;

  const std::string& source() const { return source_; }
  outbox::ParkedStore& parked() { return parked_; }

 private:
  Scene& scene_;
  Ledger& ledger_;
  const std::string source_;
  telemetry::Telemetry telemetry_;
  NoteHandler handler_;
  outbox::CommandQueue queue_;
  outbox::LaneStore lanes_;
  outbox::ParkedStore parked_;
  std::function<void()> wake_relay_;
  std::function<void()> wake_answerer_;
  outbox::Handover handover_;
  outbox::Relay relay_;
  outbox::Answerer answerer_;
  outbox::Trimmer trimmer_;
  outbox::Writer writer_;
};

}  // namespace tally::simulation
