#include "common/inbox/letter_eraser.h"

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/bus/personal_data.h"
#include "common/inbox/letter.h"
#include "common/inbox/letter_age_sql.h"

namespace tally::inbox {

absl::StatusOr<LetterEraser::Step> LetterEraser::Erase(const std::string& person,
                                                       const std::string& after, int letters_max,
                                                       absl::Time deadline) {
  Step step;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(step, EraseIn(transaction, person, after, letters_max));
        return absl::OkStatus();
      }));
  return step;
}

absl::StatusOr<LetterEraser::Step> LetterEraser::EraseIn(db::Transaction& transaction,
                                                         const std::string& person,
                                                         const std::string& after,
                                                         int letters_max) {
  ASSIGN_OR_RETURN(const auto end,
                   transaction.QueryOne<std::optional<std::string>>(
                       sql::kFindPageEnd,
                       {{"consumer", consumer_}, {"after", after}, {"letters_max", letters_max}}));
  if (!end.has_value() || !std::get<0>(*end).has_value()) return Step();
  Step step{.letters = 0, .after = *std::get<0>(*end)};
  std::vector<std::tuple<std::string, std::string, std::string>> found;
  RETURN_IF_ERROR((transaction.Query<std::string, std::string, db::Bytes>(
      sql::kFindLettersWith,
      {{"consumer", consumer_},
       {"after", after},
       {"last", step.after},
       {"person", db::Bytes{person}}},
      [&](std::string event_id, const std::string& type, db::Bytes payload) {
        found.emplace_back(std::move(event_id), Unescape(type), std::move(payload.data));
      })));
  for (const auto& [event_id, type, payload] : found) {
    ASSIGN_OR_RETURN(const bool named, EraseOne(transaction, event_id, type, payload, person));
    step.letters += named ? 1 : 0;
  }
  return step;
}

absl::StatusOr<bool> LetterEraser::EraseOne(db::Transaction& transaction,
                                            const std::string& event_id, const std::string& type,
                                            const std::string& payload, const std::string& person) {
  const absl::StatusOr<bus::ErasedPayload> erased = bus::ErasePerson(type, payload, person);
  if (erased.ok() && !erased->changed) return false;
  if (erased.ok()) {
    RETURN_IF_ERROR(
        transaction
            .Execute(sql::kReplaceLetterPayload, {{"consumer", consumer_},
                                                  {"event_id", event_id},
                                                  {"payload", db::Bytes{erased->payload}}})
            .status());
    return true;
  }
  RETURN_IF_ERROR(transaction
                      .Execute(sql::kEraseLetter, {{"consumer", consumer_},
                                                   {"event_id", event_id},
                                                   {"nothing", db::Bytes()},
                                                   {"reason", "personal data erased"},
                                                   {"now", clock_.Now()}})
                      .status());
  return true;
}

}  // namespace tally::inbox
