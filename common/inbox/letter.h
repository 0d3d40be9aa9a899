#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/message.h"

namespace tally::inbox {

enum class LetterState { kRetrying, kDead, kDiscarded };

// An event that could not be applied. Covered by the watermark, not counted.
struct Letter {
  std::string event_id;  // "<lane>/<sequence>", or "<stream creation, Unix µs>#<stream sequence>"
  std::optional<std::string> lane_id;  // a UUID in lower case; with `sequence`, or neither
  std::optional<int64_t> sequence;
  bus::Message message;  // as received: subject, headers, payload
  std::string type;      // ce-type; may be empty
  std::string error;     // why the last attempt failed
  int64_t attempts = 0;  // those that were the event's own failure
  int64_t unended = 0;   // attempts that were begun and never ended; one may be under way
  LetterState state = LetterState::kRetrying;
  absl::Time next_attempt;
  absl::Time first_failure;
  absl::Time changed;
};

struct LetterCounts {
  int64_t retrying = 0;
  int64_t dead = 0;
};

// "retrying", "dead", "discarded", as in the table.
absl::string_view Name(LetterState state);
absl::StatusOr<LetterState> ParseLetterState(absl::string_view name);

// What comes over the wire may be any bytes, and a text column takes UTF-8 without NUL only:
// everything but printable ASCII, and '%' itself, becomes %XX. Unescape(Escape(x)) == x.
std::string Escape(absl::string_view bytes);
std::string Unescape(absl::string_view text);

// One escaped `name:value` for each line.
std::string EncodeHeaders(const bus::Headers& headers);
bus::Headers DecodeHeaders(absl::string_view text);

}  // namespace tally::inbox
