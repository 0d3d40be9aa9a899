#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/database.h"

namespace tally::inbox {

// Erases a person from letters, page by page: from those whose payload can be decoded (see
// bus::ErasePerson), which can be redriven as before; a letter that cannot be decoded but holds the
// name's bytes loses its content whole and is discarded. Stateless; thread-safe.
class LetterEraser {
 public:
  LetterEraser(std::string consumer, db::Database& database, base::Clock& clock)
      : consumer_(std::move(consumer)), database_(database), clock_(clock) {}

  struct Step {
    int64_t letters = 0;  // that named the person
    std::string after;    // where the next step goes on; empty: that was the last
  };
  // Looks through letters_max letters behind `after` (empty: from the beginning), in one
  // transaction. Errors are those of common/db.
  absl::StatusOr<Step> Erase(const std::string& person, const std::string& after, int letters_max,
                             absl::Time deadline);

 private:
  absl::StatusOr<Step> EraseIn(db::Transaction& transaction, const std::string& person,
                               const std::string& after, int letters_max);
  // Returns whether the letter named the person.
  absl::StatusOr<bool> EraseOne(db::Transaction& transaction, const std::string& event_id,
                                const std::string& type, const std::string& payload,
                                const std::string& person);

  const std::string consumer_;
  db::Database& database_;
  base::Clock& clock_;
};

}  // namespace tally::inbox
