#include "tests/simulation/note_handler.h"

#include "common/base/status_macros.h"
#include "tests/simulation/counting_handler.h"
#include "tests/simulation/note.h"
#include "tests/simulation/simulation_sql.h"

namespace tally::simulation {
namespace {

absl::Status WriteNote(db::Transaction& transaction, const Note& note, outbox::LaneAppender& lane) {
  ASSIGN_OR_RETURN(const auto found, (transaction.QueryOne<std::string, int64_t>(
                                         sql::kFindNote, {{"key", note.key}})));
  if (found.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      transaction.Execute(sql::kInsertNote, {{"key", note.key},
                                             {"size", note.kind == NoteKind::kRefused ? -1 : 1},
                                             {"lane_id", lane.lane_id()},
                                             {"sequence", lane.next_sequence()}}));
  if (inserted == 0) return absl::AbortedError("another writer has the key");
  lane.Append({.subject = "notes",
               .type = TypeOf(note.kind),
               .payload = PayloadOf(note),
               .time = lane.record_time()});
  return absl::OkStatus();
}

}  // namespace

absl::Status NoteHandler::Write(db::Transaction& transaction,
                                absl::Span<outbox::Command* const> commands,
                                outbox::LaneAppender& lane, int) {
  for (outbox::Command* command : commands) {
    RETURN_IF_ERROR(WriteNote(transaction, static_cast<NoteCommand&>(*command).note(), lane));
  }
  return absl::OkStatus();
}

}  // namespace tally::simulation
