#include "common/inbox/letter_desk.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/letter_desk_sql.h"

namespace tally::inbox {
namespace {

using Text = std::string;

constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

db::Params FilterParams(const std::string& consumer, const LetterFilter& filter) {
  return {{"consumer", consumer},
          {"state", filter.state ? Name(*filter.state) : absl::string_view()},
          {"lane_id", filter.lane_id.empty() ? std::nullopt : std::optional<Text>(filter.lane_id)},
          {"type", Escape(filter.type)},
          {"error", Escape(filter.error_contains)},
          {"start_time", filter.start},
          {"end_time", filter.end}};
}

const db::Statement& ListFor(const LetterFilter& filter) {
  if (!filter.lane_id.empty()) return sql::kListLettersOfLane;
  return filter.state ? sql::kListLettersOfState : sql::kListLetters;
}

// The table compares escaped texts: "a4" is found in that of "ä", %c3%a4.
bool ReallyPasses(const LetterFilter& filter, const Text& escaped_error) {
  return filter.error_contains.empty() ||
         absl::StrContains(Unescape(escaped_error), filter.error_contains);
}

std::vector<std::string> Sorted(absl::Span<const std::string> event_ids) {
  std::vector<std::string> sorted(event_ids.begin(), event_ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

absl::Status NoSuchLetter(const std::string& event_id) {
  return absl::NotFoundError(
      absl::StrCat("there is no letter ", event_id, ": it was applied, or never was one"));
}

// Far below what makes a consumer stop taking (ConsumerOptions::letters_retrying_max).
absl::Status CheckRoom(db::Transaction& transaction, const std::string& consumer) {
  constexpr int64_t kRetryingMax = 50'000;
  ASSIGN_OR_RETURN(const auto retrying,
                   transaction.QueryOne<int64_t>(
                       sql::kCountRetrying, {{"consumer", consumer}, {"count_max", kRetryingMax}}));
  if (std::get<0>(*retrying) < kRetryingMax) return absl::OkStatus();
  return absl::ResourceExhaustedError("50,000 letters are being tried; redrive more when they are");
}

}  // namespace

absl::StatusOr<LetterDesk::Page> LetterDesk::List(const LetterFilter& filter,
                                                  const std::optional<Position>& after,
                                                  bool with_payload, int64_t count_max,
                                                  int64_t bytes_max, absl::Time deadline) {
  Page page;
  Position last;
  int64_t seen = 0, bytes = 0;
  const auto add = [&](Text event_id, std::optional<Text> lane_id, std::optional<int64_t> sequence,
                       const Text& subject, const Text& type, const Text& headers,
                       const Text& error, int64_t attempts, const Text& state, int64_t next_attempt,
                       int64_t first_failure, int64_t changed, int64_t payload_bytes, Text reason,
                       Text by, std::optional<db::Bytes> payload) -> absl::Status {
    if (++seen > count_max) return absl::OkStatus();
    bytes += payload_bytes + static_cast<int64_t>(headers.size());
    last = {absl::FromUnixMicros(first_failure), event_id};
    if (!ReallyPasses(filter, error)) return absl::OkStatus();
    Letter letter{.event_id = std::move(event_id),
                  .lane_id = std::move(lane_id),
                  .sequence = sequence,
                  .message = {Unescape(subject), DecodeHeaders(headers),
                              std::move(payload).value_or(db::Bytes()).data},
                  .type = Unescape(type),
                  .error = Unescape(error),
                  .attempts = attempts,
                  .next_attempt = absl::FromUnixMicros(next_attempt),
                  .first_failure = absl::FromUnixMicros(first_failure),
                  .changed = absl::FromUnixMicros(changed)};
    ASSIGN_OR_RETURN(letter.state, ParseLetterState(state));
    page.letters.push_back({std::move(letter), payload_bytes, std::move(reason), std::move(by)});
    return absl::OkStatus();
  };
  db::Params params = FilterParams(consumer_, filter);
  params.emplace_back("after_time", after ? after->first_failure : filter.end);
  params.emplace_back("after_id", after ? after->event_id : "");
  params.emplace_back("with_payload", with_payload ? 1 : 0);
  params.emplace_back("count_max", count_max + 1);  // whether there are more
  params.emplace_back("bytes_max", bytes_max);
  RETURN_IF_ERROR(database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) {
    return transaction
        .Query<Text, std::optional<Text>, std::optional<int64_t>, Text, Text, Text, Text, int64_t,
               Text, int64_t, int64_t, int64_t, int64_t, Text, Text, std::optional<db::Bytes>>(
            ListFor(filter), params, add);
  }));
  if (seen > count_max || (with_payload && bytes >= bytes_max)) page.next = std::move(last);
  return page;
}

db::Batch LetterDesk::Keys(const std::vector<std::string>& event_ids) const {
  db::Batch batch;
  batch.Scalar({"consumer", consumer_})
      .Texts("event_ids", db::Batch::TextColumn(event_ids.begin(), event_ids.end()));
  return batch;
}

absl::StatusOr<std::vector<std::optional<LetterState>>> LetterDesk::Lock(
    db::Transaction& transaction, const std::vector<std::string>& sorted) {
  std::vector<std::optional<LetterState>> states(sorted.size());
  const auto take = [&](const Text& event_id, const Text& state) -> absl::Status {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), event_id);
    ASSIGN_OR_RETURN(states[static_cast<size_t>(at - sorted.begin())], ParseLetterState(state));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR((transaction.Query<Text, Text>(sql::kLockLetters, Keys(sorted), take)));
  return states;
}

absl::StatusOr<std::vector<std::string>> LetterDesk::Select(db::Transaction& transaction,
                                                            const LetterFilter& filter,
                                                            int64_t letters_max,
                                                            std::optional<absl::Time> not_due_at) {
  db::Params params = FilterParams(consumer_, filter);
  params.emplace_back("not_due_at", not_due_at ? absl::ToUnixMicros(*not_due_at) : kNever);
  params.emplace_back("letters_max", letters_max);
  std::vector<std::string> event_ids;
  RETURN_IF_ERROR((transaction.Query<Text, Text>(sql::kSelectOpenLetters, params,
                                                 [&](Text event_id, const Text& error) {
                                                   if (ReallyPasses(filter, error))
                                                     event_ids.push_back(std::move(event_id));
                                                 })));
  std::sort(event_ids.begin(), event_ids.end());
  return event_ids;
}

absl::StatusOr<int64_t> LetterDesk::Redrive(absl::Span<const std::string> event_ids, absl::Time now,
                                            absl::Time deadline) {
  const std::vector<std::string> sorted = Sorted(event_ids);
  int64_t redriven = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto states, Lock(transaction, sorted));
        for (size_t i = 0; i < states.size(); ++i) {
          if (!states[i].has_value()) return NoSuchLetter(sorted[i]);
          if (states[i] != LetterState::kDiscarded) continue;
          return absl::FailedPreconditionError(
              absl::StrCat("letter ", sorted[i], " was discarded"));
        }
        ASSIGN_OR_RETURN(
            redriven, transaction.Execute(sql::kRedriveLetters, Keys(sorted).Scalar({"now", now})));
        return absl::OkStatus();
      }));
  return redriven;
}

absl::StatusOr<int64_t> LetterDesk::RedriveAll(const LetterFilter& filter, int64_t letters_max,
                                               absl::Time now, absl::Time deadline) {
  int64_t redriven = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR(CheckRoom(transaction, consumer_));
        ASSIGN_OR_RETURN(const std::vector<std::string> event_ids,
                         Select(transaction, filter, letters_max, now));
        if (event_ids.empty()) return absl::OkStatus();
        RETURN_IF_ERROR(Lock(transaction, event_ids).status());
        ASSIGN_OR_RETURN(redriven, transaction.Execute(sql::kRedriveLetters,
                                                       Keys(event_ids).Scalar({"now", now})));
        return absl::OkStatus();
      }));
  return redriven;
}

absl::StatusOr<int64_t> LetterDesk::Discard(absl::Span<const std::string> event_ids,
                                            const Verdict& verdict, absl::Time deadline) {
  const std::vector<std::string> sorted = Sorted(event_ids);
  int64_t discarded = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto states, Lock(transaction, sorted));
        const auto missing = std::find(states.begin(), states.end(), std::nullopt);
        if (missing != states.end()) {
          return NoSuchLetter(sorted[static_cast<size_t>(missing - states.begin())]);
        }
        ASSIGN_OR_RETURN(discarded, GiveUp(transaction, sorted, verdict));
        return absl::OkStatus();
      }));
  return discarded;
}

absl::StatusOr<int64_t> LetterDesk::DiscardAll(const LetterFilter& filter, int64_t letters_max,
                                               const Verdict& verdict, absl::Time deadline) {
  int64_t discarded = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<std::string> event_ids,
                         Select(transaction, filter, letters_max, std::nullopt));
        if (event_ids.empty()) return absl::OkStatus();
        RETURN_IF_ERROR(Lock(transaction, event_ids).status());
        ASSIGN_OR_RETURN(discarded, GiveUp(transaction, event_ids, verdict));
        return absl::OkStatus();
      }));
  return discarded;
}

absl::StatusOr<int64_t> LetterDesk::GiveUp(db::Transaction& transaction,
                                           const std::vector<std::string>& event_ids,
                                           const Verdict& verdict) {
  db::Batch batch = Keys(event_ids);
  batch.Scalar({"reason", verdict.reason}).Scalar({"by", verdict.by}).Scalar({"now", verdict.now});
  return transaction.Execute(sql::kDiscardLetters, batch);
}

}  // namespace tally::inbox
