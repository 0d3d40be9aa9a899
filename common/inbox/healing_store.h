#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/db/database.h"
#include "common/inbox/batch_plan.h"
#include "common/inbox/finding.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/source_store.h"
#include "common/inbox/wanted_ranges.h"

namespace tally::inbox {

// What healing knows, in the consumer's database, so that all replicas say the same: the lease that
// names the one who heals, the producers' identities, the findings, and what was covered without an
// event. Errors are those of common/db; deadlines bound the wait for a session. Lock order: lanes →
// the consumer's row → findings. Thread-safe.
class HealingStore {
 public:
  // On SQLite no other process can live on the database.
  explicit HealingStore(InboxStore& inbox);
  // `sole_process`: the lease of another holder counts as expired.
  HealingStore(InboxStore& inbox, bool sole_process);

  db::Database& database() { return inbox_.database(); }
  const std::string& consumer() const { return inbox_.consumer(); }

  // kTaken: another may have held it since we did; what was begun before is out of date.
  enum class Lease { kAnothers, kTaken, kRenewed };
  absl::StatusOr<Lease> TakeLease(const std::string& holder, absl::Duration lease,
                                  absl::Time deadline);
  absl::Status ReleaseLease(const std::string& holder, absl::Time deadline);

  // The producers. Thread-safe.
  SourceStore& sources() { return sources_; }

  // What is covered of these lanes, or of all lanes of a producer; lanes never heard of are left
  // out. Locks nothing.
  absl::StatusOr<CoveredLanes> ReadCovered(db::Transaction& transaction,
                                           absl::Span<const std::string> lane_ids);
  absl::StatusOr<CoveredLanes> ReadCovered(db::Transaction& transaction, const std::string& source);

  absl::Status SavePublished(const std::map<std::string, int64_t>& published_through,
                             absl::Time deadline);

  // Empty fields let everything pass.
  struct Filter {
    std::string source = {};
    std::string lane_id = {};  // in canonical form
    std::optional<Finding::Verdict> verdict = {};
    std::string after_lane = {};  // only what comes after this lane and
    int64_t after_sequence = 0;   // first sequence
  };
  // By lane and sequence.
  absl::StatusOr<std::vector<Finding>> ListFindings(db::Transaction& transaction,
                                                    const Filter& filter, int64_t limit);
  absl::StatusOr<std::vector<Finding>> ListFindings(db::Transaction& transaction,
                                                    absl::Span<const std::string> lane_ids);
  // All that is known of a source from now on, but for what is covered by now. FAILED_PRECONDITION:
  // `holder` has lost the lease.
  absl::Status ReplaceFindings(const std::string& holder, const std::string& source,
                               absl::Span<const Finding> findings, absl::Time deadline);
  // Adds one, unless its event is covered by now or something is known of it already.
  absl::Status AddFinding(const Finding& finding, absl::Time deadline);
  // Lanes were compared with all producers. FAILED_PRECONDITION as above.
  absl::Status NoteCompared(const std::string& holder, bool every_lane, absl::Time deadline);

  // At a glance; the sums are kept with the findings, so that reading them costs one row.
  struct Summary {
    int64_t missing_events = 0;  // uncovered, and not parked
    int64_t parked_events = 0;
    absl::Time compared = absl::InfinitePast();      // InfinitePast(): never
    absl::Time compared_all = absl::InfinitePast();  // every lane there ever was
  };
  absl::StatusOr<Summary> Summarize(db::Transaction& transaction);

  // Covers a range of which the producer says that it is void; kept for ever.
  absl::Status SkipVoid(const std::string& source, const std::string& lane_id,
                        base::SequenceRange range, const std::string& reason, absl::Time deadline);
  // Ends the findings of a range for ever, by an operator's word: what is kTrimmed or kUnknown and
  // not covered is covered now, uncounted; what is covered and kUnknown stays as it is, and is no
  // finding any more. Returns how many events that were; 0: all of it was accepted before.
  // FAILED_PRECONDITION: part of it is neither covered nor kTrimmed or kUnknown.
  absl::StatusOr<int64_t> Accept(const std::string& lane_id, base::SequenceRange range,
                                 const std::string& reason, const std::string& by,
                                 absl::Time deadline);
  // What is covered, unknown to its producer, and accepted, by lane.
  absl::StatusOr<CoveredLanes> ListAccepted(db::Transaction& transaction);

 private:
  absl::Status Lock(db::Transaction& transaction);
  absl::Status CheckHolder(db::Transaction& transaction, const std::string& holder);
  // But for what is covered.
  absl::Status Insert(db::Transaction& transaction, absl::Span<const Finding> findings);
  struct Word {
    const std::string& reason;
    const std::string& by;
  };
  absl::StatusOr<int64_t> AcceptIn(db::Transaction& transaction, const LaneRange& wanted,
                                   const Word& word);
  absl::Status InsertAccepted(db::Transaction& transaction, const Finding& finding,
                              base::SequenceRange part, const Word& word);
  absl::Status InsertSkipped(db::Transaction& transaction, const LaneRange& skipped,
                             const std::string& verdict, const Word& word);
  // Takes what is covered now out of the findings of a locked lane.
  absl::Status DropCovered(db::Transaction& transaction, const std::string& lane_id);
  absl::Status ReplaceOfLane(db::Transaction& transaction, const std::string& lane_id,
                             absl::Span<const Finding> findings);
  absl::Status AddUp(db::Transaction& transaction);

  InboxStore& inbox_;
  SourceStore sources_;
  const bool sole_process_;
};

}  // namespace tally::inbox
