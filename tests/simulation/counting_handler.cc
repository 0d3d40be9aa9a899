#include "tests/simulation/counting_handler.h"

#include <stdexcept>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "tests/simulation/simulation_sql.h"

namespace tally::simulation {
namespace {

constexpr char kCounted[] = "simulation.Counted";
constexpr char kIgnored[] = "simulation.Ignored";
constexpr char kNew[] = "simulation.New";

}  // namespace

std::string TypeOf(NoteKind kind) {
  if (kind == NoteKind::kIgnored) return kIgnored;
  return kind == NoteKind::kUnknownType ? kNew : kCounted;
}

std::string PayloadOf(const Note& note) {
  const char* how = note.kind == NoteKind::kPoison          ? "throws"
                    : note.kind == NoteKind::kPoisonAtFirst ? "fails"
                    : note.kind == NoteKind::kUndecodable   ? "garbled"
                                                            : "counts";
  const size_t padding = note.kind == NoteKind::kTooLarge ? kMaxPayload : 0;
  return absl::StrCat(how, " ", note.key, " ", std::string(padding, 'x'));
}

CountingHandler::Interest CountingHandler::InterestIn(absl::string_view type) const {
  if (type == kIgnored) return Interest::kIgnore;
  return type == kCounted || mended_ ? Interest::kApply : Interest::kUnknown;
}

absl::Status CountingHandler::Apply(db::Transaction& transaction,
                                    absl::Span<const bus::Event* const> events) {
  for (const bus::Event* event : events) {
    const std::vector<std::string> words = absl::StrSplit(event->payload, ' ');
    if (words[0] == "garbled") return absl::InvalidArgumentError("cannot be decoded");
    if (words[0] == "throws") throw std::runtime_error("poison");
    if (words[0] == "fails" && !mended_) return absl::InternalError("not mended yet");
    RETURN_IF_ERROR(transaction.Execute(sql::kCountNote, {{"key", words[1]}}).status());
  }
  return absl::OkStatus();
}

}  // namespace tally::simulation
