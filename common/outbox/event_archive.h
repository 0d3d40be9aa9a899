#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/sequence_set.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// Where a service makes events again that retention removed from the outbox: from the records they
// told of, which it keeps longer. Called by the answerer, on its one thread.
class EventArchive {
 public:
  virtual ~EventArchive() = default;

  // The events of the range that can be made again, ascending: at most events_max, at least one if
  // there is one, and no more once their payloads have reached bytes_max. Each has the place,
  // subject, type, time and content of the one that was published; what was erased since stays
  // erased. Errors are those of common/db; `deadline` bounds the wait for a session.
  virtual absl::StatusOr<std::vector<OutboxEvent>> Read(const std::string& lane_id,
                                                        base::SequenceRange range,
                                                        int64_t events_max, int64_t bytes_max,
                                                        absl::Time deadline) = 0;
};

}  // namespace tally::outbox
