#include "common/inbox/healing_store.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/inbox/comparison.h"
#include "common/inbox/healing_sql.h"
#include "common/inbox/inbox_sql.h"

namespace tally::inbox {

namespace {

absl::Time ToTime(const std::optional<int64_t>& micros) {
  return micros.has_value() ? absl::FromUnixMicros(*micros) : absl::InfinitePast();
}

db::Batch LaneKeys(const std::string& consumer, absl::Span<const std::string> lane_ids) {
  db::Batch keys;
  keys.Scalar({"consumer", consumer})
      .Texts("lane_ids", db::Batch::TextColumn(lane_ids.begin(), lane_ids.end()));
  return keys;
}

// Reads rows of findings into `findings`.
auto IntoFindings(std::vector<Finding>& findings) {
  return [&findings](std::string lane_id, int64_t first, int64_t last, std::string source,
                     const std::string& verdict, int64_t covered, int64_t noticed) -> absl::Status {
    Finding finding{.lane_id = std::move(lane_id),
                    .range = {first, last},
                    .source = std::move(source),
                    .covered = covered != 0,
                    .noticed = absl::FromUnixMicros(noticed)};
    ASSIGN_OR_RETURN(finding.verdict, ParseVerdict(verdict));
    findings.push_back(std::move(finding));
    return absl::OkStatus();
  };
}

auto IntoLanes(CoveredLanes& lanes) {
  return [&lanes](const std::string& lane_id, int64_t through,
                  const std::string& ranges) -> absl::Status {
    ASSIGN_OR_RETURN(lanes[lane_id], base::SequenceSet::Parse(through, ranges));
    return absl::OkStatus();
  };
}

}  // namespace

HealingStore::HealingStore(InboxStore& inbox)
    : HealingStore(inbox, inbox.database().dialect() == db::Dialect::kSqlite) {}

HealingStore::HealingStore(InboxStore& inbox, bool sole_process)
    : inbox_(inbox), sources_(inbox.consumer(), inbox.database()), sole_process_(sole_process) {}

absl::StatusOr<HealingStore::Lease> HealingStore::TakeLease(const std::string& holder,
                                                            absl::Duration lease,
                                                            absl::Time deadline) {
  Lease result = Lease::kAnothers;
  RETURN_IF_ERROR(
      database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR(Lock(transaction));
        const bool ours = CheckHolder(transaction, holder).ok();
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        ASSIGN_OR_RETURN(
            const int64_t taken,
            transaction.Execute(sql::kTakeHealLease, {{"consumer", consumer()},
                                                      {"holder", holder},
                                                      {"now", now},
                                                      {"expires_at", now + lease},
                                                      {"sole_process", sole_process_ ? 1 : 0}}));
        if (taken > 0) result = ours ? Lease::kRenewed : Lease::kTaken;
        return absl::OkStatus();
      }));
  return result;
}

absl::Status HealingStore::ReleaseLease(const std::string& holder, absl::Time deadline) {
  return database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
    return transaction
        .Execute(sql::kReleaseHealLease, {{"consumer", consumer()}, {"holder", holder}})
        .status();
  });
}

absl::StatusOr<CoveredLanes> HealingStore::ReadCovered(db::Transaction& transaction,
                                                       absl::Span<const std::string> lane_ids) {
  CoveredLanes lanes;
  if (lane_ids.empty()) return lanes;
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string>(
      sql::kReadLanes, LaneKeys(consumer(), lane_ids), IntoLanes(lanes))));
  return lanes;
}

absl::StatusOr<CoveredLanes> HealingStore::ReadCovered(db::Transaction& transaction,
                                                       const std::string& source) {
  CoveredLanes lanes;
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string>(
      sql::kReadCoveredOfSource, {{"consumer", consumer()}, {"source", source}},
      IntoLanes(lanes))));
  return lanes;
}

absl::Status HealingStore::SavePublished(const std::map<std::string, int64_t>& published_through,
                                         absl::Time deadline) {
  if (published_through.empty()) return absl::OkStatus();
  db::Batch::TextColumn lane_ids;
  db::Batch::IntColumn throughs;
  for (const auto& [lane_id, through] : published_through) {
    lane_ids.push_back(lane_id);
    throughs.push_back(through);
  }
  db::Batch rows;
  rows.Scalar({"consumer", consumer()})
      .Texts("lane_ids", std::move(lane_ids))
      .Ints("published_through", std::move(throughs));
  return database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
    return transaction.Execute(sql::kUpsertExtents, rows).status();
  });
}

absl::StatusOr<std::vector<Finding>> HealingStore::ListFindings(db::Transaction& transaction,
                                                                const Filter& filter,
                                                                int64_t limit) {
  std::vector<Finding> findings;
  const absl::string_view verdict = filter.verdict.has_value() ? Name(*filter.verdict) : "";
  RETURN_IF_ERROR(
      (transaction.Query<std::string, int64_t, int64_t, std::string, std::string, int64_t, int64_t>(
          sql::kListFindings,
          {{"consumer", consumer()},
           {"after_lane", filter.after_lane.empty() ? base::kNilUuid : filter.after_lane},
           {"after_sequence", filter.after_sequence},
           {"source", filter.source},
           {"only_lane", filter.lane_id},
           {"verdict", verdict},
           {"row_limit", limit}},
          IntoFindings(findings))));
  return findings;
}

absl::StatusOr<std::vector<Finding>> HealingStore::ListFindings(
    db::Transaction& transaction, absl::Span<const std::string> lane_ids) {
  std::vector<Finding> findings;
  if (lane_ids.empty()) return findings;
  RETURN_IF_ERROR(
      (transaction.Query<std::string, int64_t, int64_t, std::string, std::string, int64_t, int64_t>(
          sql::kListFindingsIn, LaneKeys(consumer(), lane_ids), IntoFindings(findings))));
  return findings;
}

absl::Status HealingStore::ReplaceFindings(const std::string& holder, const std::string& source,
                                           absl::Span<const Finding> findings,
                                           absl::Time deadline) {
  return database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
    RETURN_IF_ERROR(Lock(transaction));
    RETURN_IF_ERROR(CheckHolder(transaction, holder));
    RETURN_IF_ERROR(
        transaction
            .Execute(sql::kDeleteFindingsOfSource, {{"consumer", consumer()}, {"source", source}})
            .status());
    RETURN_IF_ERROR(Insert(transaction, findings));
    return AddUp(transaction);
  });
}

absl::Status HealingStore::AddFinding(const Finding& finding, absl::Time deadline) {
  return database().Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR(Lock(transaction));
        ASSIGN_OR_RETURN(const std::vector<Finding> known,
                         ListFindings(transaction, std::vector<std::string>{finding.lane_id}));
        WantedRanges open;
        open.Add(finding.lane_id, finding.range);
        for (const Finding& other : known) open.Remove(other.lane_id, other.range);
        if (open.events() != finding.range.last - finding.range.first + 1) return absl::OkStatus();
        RETURN_IF_ERROR(Insert(transaction, {finding}));
        return AddUp(transaction);
      });
}

absl::Status HealingStore::NoteCompared(const std::string& holder, bool every_lane,
                                        absl::Time deadline) {
  return database().Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        RETURN_IF_ERROR(transaction
                            .Execute(sql::kSetCompared, {{"consumer", consumer()},
                                                         {"holder", holder},
                                                         {"now", now},
                                                         {"all_lanes", every_lane ? 1 : 0}})
                            .status());
        return CheckHolder(transaction, holder);
      });
}

absl::StatusOr<HealingStore::Summary> HealingStore::Summarize(db::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      const auto row,
      (transaction.QueryOne<int64_t, int64_t, std::optional<int64_t>, std::optional<int64_t>>(
          sql::kFindHealing, {{"consumer", consumer()}})));
  Summary summary;
  if (!row.has_value()) return summary;
  const auto& [missing, parked, compared, compared_all] = *row;
  summary.missing_events = missing;
  summary.parked_events = parked;
  summary.compared = ToTime(compared);
  summary.compared_all = ToTime(compared_all);
  return summary;
}

absl::Status HealingStore::SkipVoid(const std::string& source, const std::string& lane_id,
                                    base::SequenceRange range, const std::string& reason,
                                    absl::Time deadline) {
  return database().Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        ASSIGN_OR_RETURN(CoveredLanes lanes,
                         inbox_.LockLanes(transaction, {{lane_id, source}}, now));
        base::SequenceSet& covered = lanes.at(lane_id);
        for (const base::SequenceRange gap : covered.Missing(range)) {
          RETURN_IF_ERROR(InsertSkipped(transaction, {lane_id, gap}, "void", {reason, source}));
        }
        covered.Add(range);
        RETURN_IF_ERROR(inbox_.SaveLanes(transaction, lanes));
        return DropCovered(transaction, lane_id);
      });
}

absl::StatusOr<int64_t> HealingStore::Accept(const std::string& lane_id, base::SequenceRange range,
                                             const std::string& reason, const std::string& by,
                                             absl::Time deadline) {
  int64_t accepted = 0;
  RETURN_IF_ERROR(
      database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(accepted, AcceptIn(transaction, {lane_id, range}, {reason, by}));
        return absl::OkStatus();
      }));
  return accepted;
}

absl::StatusOr<int64_t> HealingStore::AcceptIn(db::Transaction& transaction,
                                               const LaneRange& wanted, const Word& word) {
  const std::vector<std::string> lane_ids = {wanted.lane_id};
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  ASSIGN_OR_RETURN(CoveredLanes lanes, ReadCovered(transaction, lane_ids));
  ASSIGN_OR_RETURN(std::vector<Finding> findings, ListFindings(transaction, lane_ids));
  if (!findings.empty()) {
    ASSIGN_OR_RETURN(
        lanes, inbox_.LockLanes(transaction, {{wanted.lane_id, findings.front().source}}, now));
    RETURN_IF_ERROR(Lock(transaction));
    ASSIGN_OR_RETURN(findings, ListFindings(transaction, lane_ids));
  }
  base::SequenceSet& covered = lanes[wanted.lane_id];
  base::SequenceSet settled = covered;
  int64_t accepted = 0;
  std::vector<Finding> left;
  for (const Finding& finding : findings) {
    const base::SequenceRange part = {std::max(finding.range.first, wanted.range.first),
                                      std::min(finding.range.last, wanted.range.last)};
    const bool gone = finding.verdict == Finding::Verdict::kTrimmed ||
                      finding.verdict == Finding::Verdict::kUnknown;
    if (!gone || part.first > part.last) {
      left.push_back(finding);
      continue;
    }
    for (const base::SequenceRange open :
         finding.covered ? std::vector{part} : covered.Missing(part)) {
      RETURN_IF_ERROR(InsertAccepted(transaction, finding, open, word));
      accepted += open.last - open.first + 1;
    }
    // What the stream may still bring of a range that was counted is to be counted too.
    if (!finding.covered) covered.Add(part);
    settled.Add(part);
    base::SequenceSet taken;
    taken.Add(part);
    for (const base::SequenceRange rest : taken.Missing(finding.range)) {
      left.push_back(finding);
      left.back().range = rest;
    }
  }
  if (!settled.Missing(wanted.range).empty()) {
    return absl::FailedPreconditionError("not all of the range is trimmed or unknown");
  }
  if (accepted == 0) return 0;
  RETURN_IF_ERROR(inbox_.SaveLanes(transaction, lanes));
  RETURN_IF_ERROR(ReplaceOfLane(transaction, wanted.lane_id, left));
  return accepted;
}

absl::StatusOr<CoveredLanes> HealingStore::ListAccepted(db::Transaction& transaction) {
  CoveredLanes accepted;
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t, int64_t>(
      sql::kListAccepted, {{"consumer", consumer()}},
      [&](const std::string& lane_id, int64_t first, int64_t last) {
        accepted[lane_id].Add({first, last});
      })));
  return accepted;
}

absl::Status HealingStore::Lock(db::Transaction& transaction) {
  return transaction.Query<int64_t>(sql::kLockHealing, {{"consumer", consumer()}}, [](int64_t) {});
}

absl::Status HealingStore::CheckHolder(db::Transaction& transaction, const std::string& holder) {
  ASSIGN_OR_RETURN(const auto row, transaction.QueryOne<std::string>(sql::kFindHealHolder,
                                                                     {{"consumer", consumer()}}));
  if (row.has_value() && std::get<0>(*row) == holder) return absl::OkStatus();
  return absl::FailedPreconditionError("another replica heals");
}

absl::Status HealingStore::Insert(db::Transaction& transaction,
                                  absl::Span<const Finding> findings) {
  std::set<std::string> lanes;
  for (const Finding& finding : findings) lanes.insert(finding.lane_id);
  ASSIGN_OR_RETURN(CoveredLanes covered_lanes,
                   ReadCovered(transaction, std::vector<std::string>(lanes.begin(), lanes.end())));
  const std::vector<Finding> open = WithoutCovered(findings, covered_lanes);
  if (open.empty()) return absl::OkStatus();
  db::Batch::TextColumn lane_ids, sources, verdicts;
  db::Batch::IntColumn firsts, lasts, covered, noticed;
  for (const Finding& finding : open) {
    lane_ids.push_back(finding.lane_id);
    firsts.push_back(finding.range.first);
    lasts.push_back(finding.range.last);
    sources.push_back(finding.source);
    verdicts.push_back(std::string(Name(finding.verdict)));
    covered.push_back(finding.covered ? 1 : 0);
    noticed.push_back(absl::ToUnixMicros(finding.noticed));
  }
  db::Batch rows;
  rows.Scalar({"consumer", consumer()}).Texts("lane_ids", lane_ids).Ints("firsts", firsts);
  rows.Ints("lasts", lasts).Texts("sources", sources).Texts("verdicts", verdicts);
  rows.Ints("covered", covered).Ints("noticed", noticed);
  return transaction.Execute(sql::kInsertFindings, rows).status();
}

absl::Status HealingStore::InsertAccepted(db::Transaction& transaction, const Finding& finding,
                                          base::SequenceRange part, const Word& word) {
  if (!finding.covered) {
    return InsertSkipped(transaction, {finding.lane_id, part}, std::string(Name(finding.verdict)),
                         word);
  }
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  return transaction
      .Execute(sql::kInsertAccepted, {{"consumer", consumer()},
                                      {"lane_id", finding.lane_id},
                                      {"first", part.first},
                                      {"last", part.last},
                                      {"reason", Escape(word.reason)},
                                      {"changed_by", word.by},
                                      {"now", now}})
      .status();
}

absl::Status HealingStore::InsertSkipped(db::Transaction& transaction, const LaneRange& skipped,
                                         const std::string& verdict, const Word& word) {
  ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
  return transaction
      .Execute(sql::kInsertSkipped, {{"consumer", consumer()},
                                     {"lane_id", skipped.lane_id},
                                     {"first", skipped.range.first},
                                     {"last", skipped.range.last},
                                     {"verdict", verdict},
                                     {"reason", Escape(word.reason)},
                                     {"changed_by", word.by},
                                     {"now", now}})
      .status();
}

absl::Status HealingStore::DropCovered(db::Transaction& transaction, const std::string& lane_id) {
  RETURN_IF_ERROR(Lock(transaction));
  ASSIGN_OR_RETURN(const std::vector<Finding> findings,
                   ListFindings(transaction, std::vector<std::string>{lane_id}));
  return ReplaceOfLane(transaction, lane_id, findings);
}

absl::Status HealingStore::ReplaceOfLane(db::Transaction& transaction, const std::string& lane_id,
                                         absl::Span<const Finding> findings) {
  RETURN_IF_ERROR(
      transaction
          .Execute(sql::kDeleteFindingsOfLane, {{"consumer", consumer()}, {"lane_id", lane_id}})
          .status());
  RETURN_IF_ERROR(Insert(transaction, findings));
  return AddUp(transaction);
}

absl::Status HealingStore::AddUp(db::Transaction& transaction) {
  return transaction.Execute(sql::kCountFindings, {{"consumer", consumer()}}).status();
}

}  // namespace tally::inbox
