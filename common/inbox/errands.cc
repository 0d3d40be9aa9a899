#include "common/inbox/errands.h"

#include <utility>

#include "common/base/status_macros.h"

namespace tally::inbox {

using Kind = Producer::RangeAnswer::Kind;

namespace {

// Gaps that nothing fills would be asked for with every batch.
constexpr absl::Duration kFillEvery = absl::Seconds(1);

}  // namespace

Errands::Errands(absl::Duration session_timeout, HealingStore& store, base::Clock& clock)
    : session_timeout_(session_timeout), store_(store), clock_(clock) {}

void Errands::FillGaps(const std::string& lane_id, const std::string& source) {
  absl::MutexLock lock(&mutex_);
  gaps_[lane_id] = source;
}

bool Errands::Inquire(const std::string& lane_id, int64_t sequence) {
  absl::MutexLock lock(&mutex_);
  if (inquiries_.size() >= Producer::kRangesMax) return false;
  inquiries_.push_back({lane_id, {sequence, sequence}});
  return true;
}

void Errands::Run(std::vector<Fetcher>& fetchers) {
  std::map<std::string, std::string> gaps;
  std::vector<LaneRange> inquiries;
  {
    absl::MutexLock lock(&mutex_);
    if (filled_.Over(clock_.Now())) gaps.swap(gaps_);
    inquiries.swap(inquiries_);
  }
  if (!gaps.empty()) filled_.Begin(clock_.Now(), kFillEvery);
  for (Fetcher& fetcher : fetchers) {
    for (const auto& [lane_id, source] : gaps) {
      if (source != fetcher.source()) continue;
      const absl::StatusOr<bool> told_of_all = FillLane(fetcher, lane_id);
      if (!told_of_all.ok()) break;
      if (!*told_of_all) FillGaps(lane_id, source);
    }
    if (!inquiries.empty()) Ask(fetcher, inquiries).IgnoreError();
  }
}

absl::StatusOr<bool> Errands::FillLane(Fetcher& fetcher, const std::string& lane_id) {
  CoveredLanes covered;
  RETURN_IF_ERROR(store_.database().Run(
      db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(covered,
                         store_.ReadCovered(transaction, std::vector<std::string>{lane_id}));
        return absl::OkStatus();
      }));
  const base::SequenceSet& lane = covered[lane_id];
  std::vector<LaneRange> lowest;
  for (const base::SequenceRange gap : lane.Missing(lane.highest())) {
    if (lowest.size() == Producer::kRangesMax) break;
    lowest.push_back({lane_id, gap});
  }
  if (lowest.empty()) return true;
  ASSIGN_OR_RETURN(std::vector<Producer::RangeAnswer> answers, fetcher.Ask(lowest));
  RETURN_IF_ERROR(fetcher.Apply(answers).status());
  WantedRanges left;
  for (const LaneRange& asked : lowest) left.Add(asked.lane_id, asked.range);
  for (const Producer::RangeAnswer& answer : answers) left.Remove(lane_id, answer.asked.range);
  return left.empty();
}

absl::Status Errands::Ask(Fetcher& fetcher, const std::vector<LaneRange>& inquiries) {
  ASSIGN_OR_RETURN(const std::vector<Producer::RangeAnswer> answers, fetcher.Ask(inquiries));
  for (const Producer::RangeAnswer& answer : answers) {
    const auto& [lane_id, range] = answer.asked;
    if (answer.kind == Kind::kVoid) {
      RETURN_IF_ERROR(store_.SkipVoid(fetcher.source(), lane_id, range, answer.reason, Deadline()));
    } else if (answer.kind == Kind::kParked) {
      RETURN_IF_ERROR(store_.AddFinding({.lane_id = lane_id,
                                         .range = range,
                                         .source = fetcher.source(),
                                         .verdict = Finding::Verdict::kParked,
                                         .noticed = clock_.Now()},
                                        Deadline()));
    }
  }
  return absl::OkStatus();
}

}  // namespace tally::inbox
