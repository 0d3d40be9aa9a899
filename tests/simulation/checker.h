#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/bus/message.h"
#include "common/db/database.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// Looks from outside, at the tables and at what passes over the bus, whether what is promised
// holds: a little after every turn, everything once all is quiet. What does not hold is the scene's
// failure.
class Checker {
 public:
  // `producers`: by source.
  Checker(Scene& scene, const Ledger& ledger, std::map<std::string, db::Database*> producers,
          db::Database& consumer);

  // What holds at every moment.
  void Look();
  // Whatever is acknowledged is covered.
  void LookAtAcknowledged(absl::Span<const bus::Delivery> deliveries);
  // Whatever a producer gives to who asks for it, the stream acknowledged before.
  void LookAtGiven(const std::string& answer);
  // A consumer says that all that was recorded before this time is covered or named.
  void LookAtHorizon(absl::Time as_of);
  // What there still is to do; empty when all is quiet.
  std::string Unfinished();
  // After the last process stopped.
  void LookAtTheEnd();

 private:
  struct Lane {
    std::string source;
    bool closed = false;
    int64_t head = 0;
    int64_t published = 0;
    int64_t trimmed = 0;
    absl::Time leased_until = absl::UnixEpoch();

    bool leased() const { return leased_until > absl::UnixEpoch(); }
  };
  struct Finding {
    base::SequenceRange range;
    std::string verdict;
    bool covered;
  };
  using Place = std::pair<std::string, int64_t>;

  void Read(db::Database& database, absl::FunctionRef<absl::Status(db::Transaction&)> body);
  void ReadProducer(const std::string& source, db::Database& database);
  void LookAtLane(const std::string& lane_id, const Lane& lane, const Lane* before, int64_t rows);
  void ReadConsumer();
  void LookAtNote(const Ledger::Entry& entry, const std::optional<Place>& place);
  void ReadFindings();
  const Finding* FindFinding(const Place& place) const;

  Scene& scene_;
  const Ledger& ledger_;
  const std::map<std::string, db::Database*> producers_;
  db::Database& consumer_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, base::SequenceSet> parked_ever_;
  std::map<Place, bool> parked_;  // now; true: void
  std::map<std::string, base::SequenceSet> covered_;
  std::map<std::string, base::SequenceSet> letters_ever_;
  std::map<Place, std::string> letters_;  // their states
  std::map<std::string, std::vector<Finding>> findings_;
  std::map<std::string, int64_t> counted_;  // times, by key
  absl::Time horizon_ = absl::UnixEpoch();  // what was said of it last
};

}  // namespace tally::simulation
