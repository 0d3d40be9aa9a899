#include "tests/integration/outbox/note_handler.h"

#include "common/base/status_macros.h"
#include "tests/integration/outbox/fixture_sql.h"

namespace tally::outbox {

namespace sql = fixture::sql;

absl::Status NoteHandler::Write(db::Transaction& transaction, absl::Span<Command* const> commands,
                                LaneAppender& lane, int attempt) {
  {
    absl::MutexLock lock(&mutex_);
    attempts_.push_back(attempt);
  }
  if (aborts_ > 0) {
    --aborts_;
    return absl::AbortedError("as if another writer had the key");
  }
  for (Command* command : commands) {
    RETURN_IF_ERROR(WriteNote(transaction, static_cast<NoteCommand&>(*command), lane));
  }
  return absl::OkStatus();
}

absl::Status NoteHandler::WriteNote(db::Transaction& transaction, NoteCommand& note,
                                    LaneAppender& lane) {
  const NoteCommand::Content& content = note.content();
  if (content.broken_statement) {
    RETURN_IF_ERROR(transaction.QueryOne<int64_t>(sql::kNoSuchTable).status());
  }
  ASSIGN_OR_RETURN(const auto found, (transaction.QueryOne<std::string, int64_t>(
                                         sql::kFindNote, {{"key", content.key}})));
  if (found.has_value()) {
    note.Decide(std::get<0>(*found), std::get<1>(*found));
    return absl::OkStatus();
  }
  const int64_t sequence = lane.next_sequence();
  ASSIGN_OR_RETURN(const int64_t inserted,
                   transaction.Execute(sql::kInsertNote, {{"key", content.key},
                                                          {"size", content.size},
                                                          {"lane_id", lane.lane_id()},
                                                          {"sequence", sequence}}));
  if (inserted == 0) return absl::AbortedError("another writer has the key");
  lane.Append({.subject = content.key,
               .type = "test.v1.Note",
               .payload = content.payload,
               .time = lane.record_time(),
               .traceparent = ""});
  note.Decide(lane.lane_id(), sequence);
  return absl::OkStatus();
}

std::vector<int> NoteHandler::attempts() const {
  absl::MutexLock lock(&mutex_);
  return attempts_;
}

}  // namespace tally::outbox
