#include "tests/simulation/ledger.h"

#include "absl/strings/str_cat.h"

namespace tally::simulation {
namespace {

NoteKind DrawKind(Chance& chance) {
  switch (chance.Below(28)) {
    case 0:
      return NoteKind::kRefused;
    case 1:
      return NoteKind::kPoison;
    case 2:
      return NoteKind::kPoisonAtFirst;
    case 3:
      return NoteKind::kUndecodable;
    case 4:
      return NoteKind::kUnknownType;
    case 5:
      return NoteKind::kIgnored;
    case 6:
      return NoteKind::kTooLarge;
    default:
      return NoteKind::kGood;
  }
}

}  // namespace

const char* Name(NoteKind kind) {
  static constexpr const char* kNames[] = {
      "good",        "refused",      "poison",  "poison at first",
      "undecodable", "unknown type", "ignored", "too large"};
  return kNames[static_cast<size_t>(kind)];
}

const Note& Ledger::NewNote(const std::string& source) {
  const std::string key = absl::StrCat("n", entries_.size() + 1);
  Entry& entry = entries_[key];
  entry.note = {.key = key, .source = source, .kind = DrawKind(scene_.chance)};
  return entry.note;
}

std::vector<Note> Ledger::InDoubt(const std::string& source) const {
  std::vector<Note> notes;
  for (const auto& [key, entry] : entries_) {
    if (entry.note.source == source && !entry.done && entry.refused == 0) {
      notes.push_back(entry.note);
    }
  }
  return notes;
}

void Ledger::Told(const std::string& key, const absl::Status& status) {
  Entry& entry = entries_.at(key);
  if (status.ok()) {
    entry.done = true;
  } else if (absl::IsUnknown(status)) {
    entry.unclear = true;
    scene_.sightings.Saw("caller told that the outcome is unknown");
  } else {
    ++entry.refused;
  }
  scene_.Say("    ", key, " is answered: ", absl::StatusCodeToString(status.code()));
}

}  // namespace tally::simulation
