#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// What a note's event is to its consumers, and the note to its database.
enum class NoteKind {
  kGood,
  kRefused,        // the database never takes it
  kPoison,         // the handler throws, always
  kPoisonAtFirst,  // the handler fails until it is mended
  kUndecodable,    // dead at once
  kUnknownType,    // until a newer consumer is rolled out
  kIgnored,        // of a type that nobody counts
  kTooLarge,       // for the bus
};

const char* Name(NoteKind kind);

struct Note {
  std::string key;
  std::string source;  // the producer it belongs to
  NoteKind kind = NoteKind::kGood;
};

// What clients asked for and were told, kept outside of the system.
class Ledger {
 public:
  struct Entry {
    Note note;
    int asked = 0;
    int refused = 0;       // told that this attempt wrote nothing
    bool done = false;     // told that it is written
    bool unclear = false;  // told that nobody knows
  };

  explicit Ledger(Scene& scene) : scene_(scene) {}

  // A new note of a kind that chance decides.
  const Note& NewNote(const std::string& source);
  // Notes of which a client does not know what became of them.
  std::vector<Note> InDoubt(const std::string& source) const;

  void Asked(const std::string& key) { ++entries_.at(key).asked; }
  void Told(const std::string& key, const absl::Status& status);

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  Scene& scene_;
  std::map<std::string, Entry> entries_;
};

}  // namespace tally::simulation
