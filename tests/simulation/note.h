#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/outbox/command.h"
#include "tests/simulation/ledger.h"

namespace tally::simulation {

// The command of the simulated producers: write a note, once, and tell of it.
class NoteCommand final : public outbox::Command {
 public:
  // `life` is that of the process it is given to: what a dead one answers nobody hears.
  NoteCommand(const Note& note, absl::Time deadline, Life& life, Ledger& ledger);
  ~NoteCommand() override { --life_.commands; }

  size_t bytes() const override { return note_.key.size(); }
  absl::Time deadline() const override { return deadline_; }
  bool cancelled() const override { return false; }
  void Finish(const absl::Status& status) override;

  const Note& note() const { return note_; }

 private:
  const Note note_;
  const absl::Time deadline_;
  Life& life_;
  Ledger& ledger_;
};

}  // namespace tally::simulation
