#include "common/inbox/source_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/healing_sql.h"
#include "common/inbox/letter.h"

namespace tally::inbox {

absl::Status SourceStore::NoteAnswer(const std::string& source, const std::string& database_id,
                                     absl::Time deadline) {
  bool known = false;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        const db::Params answer = {
            {"consumer", consumer_}, {"source", source}, {"identity", database_id}, {"now", now}};
        ASSIGN_OR_RETURN(const int64_t noted, transaction.Execute(sql::kInsertSource, answer));
        known = noted > 0;
        if (known) return absl::OkStatus();
        return transaction.Execute(sql::kNoteOtherIdentity, answer).status();
      }));
  if (known) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(source, " answers from database ", database_id,
                                                    ", which is not the one it had"));
}

absl::Status SourceStore::Adopt(const std::string& source, const std::string& database_id,
                                const std::string& reason, const std::string& by,
                                absl::Time deadline) {
  return database_.Run(
      db::Mode::kWrite, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const absl::Time now, transaction.Now());
        ASSIGN_OR_RETURN(const int64_t adopted,
                         transaction.Execute(sql::kAdoptIdentity, {{"consumer", consumer_},
                                                                   {"source", source},
                                                                   {"identity", database_id},
                                                                   {"reason", Escape(reason)},
                                                                   {"changed_by", by},
                                                                   {"now", now}}));
        if (adopted > 0) return absl::OkStatus();
        return absl::FailedPreconditionError(
            absl::StrCat(source, " did not answer from another database ", database_id, " last"));
      });
}

absl::StatusOr<std::vector<SourceStore::Source>> SourceStore::List(db::Transaction& transaction) {
  std::vector<Source> sources;
  RETURN_IF_ERROR((transaction.Query<std::string, std::string, int64_t, std::string, int64_t>(
      sql::kListSources, {{"consumer", consumer_}},
      [&](std::string source, std::string identity, int64_t last_answer, std::string other,
          int64_t other_answer) {
        sources.push_back({.source = std::move(source),
                           .database_id = std::move(identity),
                           .last_answer = absl::FromUnixMicros(last_answer),
                           .other_database_id = std::move(other),
                           .other_answer = absl::FromUnixMicros(other_answer)});
      })));
  return sources;
}

}  // namespace tally::inbox
