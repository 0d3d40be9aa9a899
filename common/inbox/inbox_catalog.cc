#include "common/inbox/inbox_catalog.h"

#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/inbox/catalog_sql.h"
#include "common/inbox/letter.h"

namespace tally::inbox {
namespace {

using Text = std::string;

}  // namespace

absl::StatusOr<std::vector<WatermarkRecord>> InboxCatalog::ListWatermarks(
    const WatermarkFilter& filter, const std::string& after, int64_t lanes_max,
    absl::Time deadline) {
  std::vector<WatermarkRecord> watermarks;
  const auto add = [&](Text lane_id, Text source, int64_t through, const Text& ranges,
                       int64_t started, std::optional<int64_t> published, int64_t retrying,
                       int64_t dead, int64_t discarded, int64_t skipped,
                       int64_t accepted) -> absl::Status {
    ASSIGN_OR_RETURN(base::SequenceSet covered, base::SequenceSet::Parse(through, ranges));
    watermarks.push_back({.lane_id = std::move(lane_id),
                          .source = std::move(source),
                          .covered = std::move(covered),
                          .started = absl::FromUnixMicros(started),
                          .published_through = published,
                          .letters_retrying = retrying,
                          .letters_dead = dead,
                          .letters_discarded = discarded,
                          .skipped_events = skipped,
                          .accepted_events = accepted});
    return absl::OkStatus();
  };
  const db::Params params = {
      {"consumer", consumer_},
      {"after", after.empty() ? base::kNilUuid : after},
      {"lane_id", filter.lane_id.empty() ? std::nullopt : std::optional<Text>(filter.lane_id)},
      {"source", filter.source},
      {"gaps_only", filter.gaps_only ? 1 : 0},
      {"lanes_max", lanes_max}};
  RETURN_IF_ERROR(database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
    return transaction.Query<Text, Text, int64_t, Text, int64_t, std::optional<int64_t>, int64_t,
                             int64_t, int64_t, int64_t, int64_t>(sql::kListWatermarks, params, add);
  }));
  return watermarks;
}

absl::StatusOr<InboxSummary> InboxCatalog::Summarize(absl::Time deadline) {
  InboxSummary summary;
  const db::Params params = {{"consumer", consumer_}};
  const auto add_ranges = [&](int64_t through, const Text& ranges) -> absl::Status {
    ASSIGN_OR_RETURN(const base::SequenceSet covered, base::SequenceSet::Parse(through, ranges));
    for (const base::SequenceRange& range : covered.ranges()) {
      summary.covered_events += range.last - range.first + 1;
    }
    return absl::OkStatus();
  };
  const auto add_letters = [&](const Text& state, int64_t count) {
    if (state == Name(LetterState::kRetrying)) summary.retrying_letters = count;
    if (state == Name(LetterState::kDead)) summary.dead_letters = count;
    if (state == Name(LetterState::kDiscarded)) summary.discarded_letters = count;
  };
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR((transaction.Query<int64_t, int64_t>(sql::kSummarizeWatermarks, params,
                                                             [&](int64_t lanes, int64_t covered) {
                                                               summary.lanes = lanes;
                                                               summary.covered_events = covered;
                                                             })));
        RETURN_IF_ERROR((transaction.Query<int64_t, Text>(sql::kListRanges, params, add_ranges)));
        RETURN_IF_ERROR(
            (transaction.Query<Text, int64_t>(sql::kCountLettersByState, params, add_letters)));
        return transaction.Query<std::optional<int64_t>>(
            sql::kFindOldestDead, params, [&](std::optional<int64_t> micros) {
              if (micros.has_value()) summary.oldest_dead = absl::FromUnixMicros(*micros);
            });
      }));
  return summary;
}

}  // namespace tally::inbox
