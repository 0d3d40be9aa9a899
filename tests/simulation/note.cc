#include "tests/simulation/note.h"

namespace tally::simulation {

NoteCommand::NoteCommand(const Note& note, absl::Time deadline, Life& life, Ledger& ledger)
    : note_(note), deadline_(deadline), life_(life), ledger_(ledger) {
  ledger_.Asked(note_.key);
  ++life_.commands;
}

void NoteCommand::Finish(const absl::Status& status) {
  if (!life_.dying) ledger_.Told(note_.key, status);
}

}  // namespace tally::simulation
