#include "common/inbox/inbox_store.h"

#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/sequence_set.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/inbox/finding.h"
#include "common/inbox/inbox_sql.h"

namespace tally::inbox {
namespace {

constexpr size_t kSeenMax = 10'000;

db::Batch LetterRows(const std::string& consumer, absl::Span<const Letter> letters) {
  db::Batch::TextColumn ids, lanes, subjects, types, headers, errors, states;
  db::Batch::IntColumn sequences, attempts, unended, nexts, firsts, changes;
  db::Batch::BytesColumn payloads;
  for (const Letter& letter : letters) {
    ids.push_back(letter.event_id);
    lanes.push_back(letter.lane_id);
    sequences.push_back(letter.sequence);
    subjects.push_back(Escape(letter.message.subject));
    types.push_back(Escape(letter.type));
    headers.push_back(EncodeHeaders(letter.message.headers));
    payloads.push_back({letter.message.payload});
    errors.push_back(Escape(letter.error));
    attempts.push_back(letter.attempts);
    unended.push_back(letter.unended);
    states.push_back(std::string(Name(letter.state)));
    nexts.push_back(absl::ToUnixMicros(letter.next_attempt));
    firsts.push_back(absl::ToUnixMicros(letter.first_failure));
    changes.push_back(absl::ToUnixMicros(letter.changed));
  }
  db::Batch rows;
  rows.Scalar({"consumer", consumer}).Texts("event_ids", ids).Texts("lane_ids", lanes);
  rows.Ints("sequences", sequences).Texts("subjects", subjects).Texts("types", types);
  rows.Texts("headers", headers).Blobs("payloads", payloads).Texts("errors", errors);
  rows.Ints("attempts", attempts)
      .Ints("unended", unended)
      .Texts("states", states)
      .Ints("next_attempts", nexts);
  rows.Ints("first_failures", firsts).Ints("changes", changes);
  return rows;
}

}  // namespace

absl::Status InboxStore::Register(absl::Time now, absl::Time deadline) {
  return database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
    RETURN_IF_ERROR(
        transaction.Execute(sql::kRegisterConsumer, {{"consumer", consumer_}, {"now", now}})
            .status());
    return transaction.Query<std::string>(
        sql::kFindConsumer, db::Params{}, [&](const std::string& found) -> absl::Status {
          if (found == consumer_) return absl::OkStatus();
          return absl::FailedPreconditionError(
              absl::StrCat("this database belongs to consumer ", found, ", not ", consumer_));
        });
  });
}

absl::StatusOr<CoveredLanes> InboxStore::LockLanes(
    db::Transaction& transaction, const std::map<std::string, std::string>& lane_to_source,
    absl::Time now) {
  CoveredLanes lanes;
  if (lane_to_source.empty()) return lanes;
  db::Batch::TextColumn ids, sources;
  for (const auto& [lane_id, source] : lane_to_source) {
    ids.push_back(lane_id);
    sources.push_back(source);
  }
  db::Batch keys;
  keys.Scalar({"consumer", consumer_}).Texts("lane_ids", ids);
  const auto lock_all = [&] {
    lanes.clear();
    return transaction.Query<std::string, int64_t, std::string>(
        sql::kLockLanes, keys,
        [&](const std::string& lane_id, int64_t through,
            const std::string& ranges) -> absl::Status {
          ASSIGN_OR_RETURN(lanes[lane_id], base::SequenceSet::Parse(through, ranges));
          return absl::OkStatus();
        });
  };
  db::Batch rows = keys;
  rows.Texts("sources", sources).Scalar({"now", now});
  // Inserted before any is locked: whoever holds a lock never waits for a row to come.
  if (!SawAll(lane_to_source)) {
    ASSIGN_OR_RETURN(const int64_t inserted, transaction.Execute(sql::kInsertMissingLanes, rows));
    if (inserted == 0) Saw(lane_to_source);  // What was inserted now may be rolled back.
  }
  RETURN_IF_ERROR(lock_all());
  if (lanes.size() == lane_to_source.size()) return lanes;
  ForgetSeen();
  return db::MakeError(db::ErrorKind::kRetry, "", sql::kLockLanes.name, "a lane's row is gone");
}

bool InboxStore::SawAll(const std::map<std::string, std::string>& lane_to_source) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [lane_id, source] : lane_to_source) {
    if (!seen_.contains(lane_id)) return false;
  }
  return true;
}

void InboxStore::ForgetSeen() {
  absl::MutexLock lock(&mutex_);
  seen_.clear();
}

void InboxStore::Saw(const std::map<std::string, std::string>& lane_to_source) {
  absl::MutexLock lock(&mutex_);
  if (seen_.size() > kSeenMax) seen_.clear();
  for (const auto& [lane_id, source] : lane_to_source) seen_.insert(lane_id);
}

absl::Status InboxStore::SaveLanes(db::Transaction& transaction, const CoveredLanes& lanes) {
  if (lanes.empty()) return absl::OkStatus();
  db::Batch::TextColumn ids, ranges;
  db::Batch::IntColumn throughs;
  for (const auto& [lane_id, covered] : lanes) {
    ids.push_back(lane_id);
    throughs.push_back(covered.through());
    ranges.push_back(covered.Encode());
  }
  db::Batch rows;
  rows.Scalar({"consumer", consumer_}).Texts("lane_ids", ids).Ints("throughs", throughs);
  rows.Texts("ranges", ranges);
  return transaction.Post(sql::kSaveLanes, rows);
}

bool InboxStore::FailedByHandler(const absl::Status& status) {
  const std::string statement = db::StatementOf(status);
  if (statement.empty() || statement == "commit") return false;
  const db::Statement* const own[] = {&sql::kSaveLanes, &sql::kInsertLetters, &sql::kDeleteLetter};
  return std::none_of(std::begin(own), std::end(own),
                      [&](const db::Statement* one) { return statement == one->name; });
}

absl::StatusOr<LaneMarks> InboxStore::ReadMarks(db::Transaction& transaction,
                                                const std::set<std::string>& lane_ids) {
  LaneMarks marks;
  db::Batch keys;
  keys.Scalar({"consumer", consumer_});
  keys.Texts("lane_ids", db::Batch::TextColumn(lane_ids.begin(), lane_ids.end()));
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string, int64_t, std::string,
                                     int64_t, std::string>(
      sql::kReadMarks, keys,
      [&](const std::string& lane_id, int64_t through, const std::string& ranges,
          int64_t begun_through, const std::string& begun_ranges, int64_t alone_through,
          const std::string& alone_ranges) -> absl::Status {
        LaneMark& mark = marks[lane_id];
        ASSIGN_OR_RETURN(mark.covered, base::SequenceSet::Parse(through, ranges));
        ASSIGN_OR_RETURN(mark.begun.any, base::SequenceSet::Parse(begun_through, begun_ranges));
        ASSIGN_OR_RETURN(mark.begun.alone, base::SequenceSet::Parse(alone_through, alone_ranges));
        return absl::OkStatus();
      })));
  return marks;
}

absl::Status InboxStore::SaveBegun(db::Transaction& transaction, const BegunLanes& begun) {
  if (begun.empty()) return absl::OkStatus();
  db::Batch::TextColumn ids, ranges, alone_ranges;
  db::Batch::IntColumn throughs, alone_throughs;
  for (const auto& [lane_id, of_lane] : begun) {
    ids.push_back(lane_id);
    throughs.push_back(of_lane.any.through());
    ranges.push_back(of_lane.any.Encode());
    alone_throughs.push_back(of_lane.alone.through());
    alone_ranges.push_back(of_lane.alone.Encode());
  }
  db::Batch rows;
  rows.Scalar({"consumer", consumer_}).Texts("lane_ids", ids);
  rows.Ints("throughs", throughs).Texts("ranges", ranges);
  rows.Ints("alone_throughs", alone_throughs).Texts("alone_ranges", alone_ranges);
  return transaction.Post(sql::kSaveBegun, rows);
}

absl::StatusOr<int64_t> InboxStore::InsertLetters(db::Transaction& transaction,
                                                  absl::Span<const Letter> letters) {
  if (letters.empty()) return 0;
  return transaction.Execute(sql::kInsertLetters, LetterRows(consumer_, letters));
}

absl::StatusOr<LetterCounts> InboxStore::CountLetters(db::Transaction& transaction) {
  LetterCounts counts;
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t>(
      sql::kCountLetters, {{"consumer", consumer_}}, [&](const std::string& state, int64_t count) {
        if (state == Name(LetterState::kRetrying)) counts.retrying = count;
        if (state == Name(LetterState::kDead)) counts.dead = count;
      })));
  return counts;
}

absl::StatusOr<Shortfall> InboxStore::ReadShortfall(db::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      const auto row,
      (transaction.QueryOne<int64_t, int64_t, int64_t, int64_t, std::optional<int64_t>>(
          sql::kReadShortfall,
          {{"consumer", consumer_}, {"letters_max", Shortfall::kLettersMax}})));
  Shortfall shortfall;
  if (!row.has_value()) return shortfall;
  std::optional<int64_t> compared_all;
  std::tie(shortfall.letters_retrying, shortfall.letters_dead, shortfall.missing_events,
           shortfall.parked_events, compared_all) = *row;
  if (compared_all.has_value()) shortfall.compared_all = absl::FromUnixMicros(*compared_all);
  return shortfall;
}

absl::StatusOr<std::vector<Letter>> InboxStore::ListDueLetters(db::Transaction& transaction,
                                                               absl::Time now, int limit) {
  using Text = std::string;
  using MaybeText = std::optional<std::string>;
  std::vector<Letter> letters;
  const auto add = [&](Text event_id, MaybeText lane_id, std::optional<int64_t> sequence,
                       const Text& subject, const Text& type, const Text& headers,
                       db::Bytes payload, const Text& error, int64_t attempts, int64_t unended,
                       const Text& state, int64_t next_attempt, int64_t first_failure,
                       int64_t changed) -> absl::Status {
    Letter letter{.event_id = std::move(event_id),
                  .lane_id = std::move(lane_id),
                  .sequence = sequence,
                  .message = {Unescape(subject), DecodeHeaders(headers), std::move(payload.data)},
                  .type = Unescape(type),
                  .error = Unescape(error),
                  .attempts = attempts,
                  .unended = unended,
                  .next_attempt = absl::FromUnixMicros(next_attempt),
                  .first_failure = absl::FromUnixMicros(first_failure),
                  .changed = absl::FromUnixMicros(changed)};
    ASSIGN_OR_RETURN(letter.state, ParseLetterState(state));
    letters.push_back(std::move(letter));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      (transaction.Query<Text, MaybeText, std::optional<int64_t>, Text, Text, Text, db::Bytes, Text,
                         int64_t, int64_t, Text, int64_t, int64_t, int64_t>(
          sql::kListDueLetters, {{"consumer", consumer_}, {"now", now}, {"row_limit", limit}},
          add)));
  return letters;
}

absl::StatusOr<bool> InboxStore::LockLetter(db::Transaction& transaction, const Letter& seen) {
  ASSIGN_OR_RETURN(const auto found, transaction.QueryOne<int64_t>(
                                         sql::kLockLetter, {{"consumer", consumer_},
                                                            {"event_id", seen.event_id},
                                                            {"next_attempt", seen.next_attempt}}));
  return found.has_value();
}

absl::Status InboxStore::DeleteLetter(db::Transaction& transaction, const std::string& event_id) {
  return transaction.Execute(sql::kDeleteLetter, {{"consumer", consumer_}, {"event_id", event_id}})
      .status();
}

absl::StatusOr<bool> InboxStore::UpdateLetter(db::Transaction& transaction, const Letter& seen,
                                              const Letter& letter) {
  ASSIGN_OR_RETURN(
      const int64_t changed,
      transaction.Execute(sql::kUpdateLetter, {{"consumer", consumer_},
                                               {"event_id", seen.event_id},
                                               {"error", Escape(letter.error)},
                                               {"attempts", letter.attempts},
                                               {"unended", letter.unended},
                                               {"state", Name(letter.state)},
                                               {"next_attempt", letter.next_attempt},
                                               {"changed", letter.changed},
                                               {"attempts_seen", seen.attempts},
                                               {"next_attempt_seen", seen.next_attempt}}));
  return changed > 0;
}

absl::StatusOr<InboxStore::Coverage> InboxStore::Find(db::Transaction& transaction,
                                                      const std::string& lane_id,
                                                      int64_t sequence) {
  using MaybeText = std::optional<std::string>;
  ASSIGN_OR_RETURN(
      const auto row,
      (transaction.QueryOne<int64_t, std::string, MaybeText, MaybeText, std::optional<int64_t>>(
          sql::kFindCoverage, {{"consumer", consumer_},
                               {"lane_id", lane_id},
                               {"sequence", sequence},
                               {"event_id", absl::StrCat(lane_id, "/", sequence)}})));
  if (!row.has_value()) return Coverage::kNotCovered;
  const auto& [through, ranges, letter, verdict, skipped] = *row;
  ASSIGN_OR_RETURN(const base::SequenceSet covered, base::SequenceSet::Parse(through, ranges));
  if (!covered.Contains(sequence)) {
    return verdict == Name(Finding::Verdict::kParked) ? Coverage::kParked : Coverage::kNotCovered;
  }
  if (skipped.has_value()) return Coverage::kSkipped;
  if (!letter.has_value()) return Coverage::kCounted;
  ASSIGN_OR_RETURN(const LetterState state, ParseLetterState(*letter));
  switch (state) {
    case LetterState::kRetrying:
      return Coverage::kRetrying;
    case LetterState::kDead:
      return Coverage::kDead;
    case LetterState::kDiscarded:
      return Coverage::kDiscarded;
  }
  return Coverage::kDead;
}

}  // namespace tally::inbox
