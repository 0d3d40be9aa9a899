#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally::outbox {

// An event of a lane as it stands in outbox_event; a value.
struct OutboxEvent {
  int64_t sequence = 0;
  std::string subject = {};
  std::string type = {};
  std::string payload = {};
  absl::Time time = {};          // when it happened
  absl::Time record_time = {};   // when its transaction wrote it
  std::string traceparent = {};  // may be empty

  // What it takes in memory, roughly.
  size_t bytes() const {
    return sizeof(*this) + subject.size() + type.size() + payload.size() + traceparent.size();
  }
};

// The column `headers`: what has no column of its own, one `name:value` per line ("time" in Unix
// microseconds).
std::string EncodeHeaders(const OutboxEvent& event);

// Fills the event from what EncodeHeaders gave; names it does not know are skipped. DATA_LOSS for
// anything else: a row that does not read back as written is damaged.
absl::Status DecodeHeaders(absl::string_view headers, OutboxEvent& event);

}  // namespace tally::outbox
