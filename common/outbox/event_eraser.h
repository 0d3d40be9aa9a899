#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/db/transaction.h"

namespace tally::outbox {

// Where an event stands in the outbox.
struct EventPlace {
  std::string lane_id;  // a UUID in text
  int64_t sequence = 0;
};

struct ErasedEvents {
  int64_t events = 0;  // in the outbox, not trimmed yet
  int64_t parked = 0;
};

// Erases a person from those of the events that name them, in the outbox and where they are parked
// (see bus::ErasePerson), within the caller's transaction, which holds whatever the events tell of.
// What is trimmed is passed over. Events are insert-only otherwise: nobody may have read one, so
// that healing, or a retry of a parked event, only ever gives what stands here. An event that is
// already in memory on its way to the stream goes out as it was.
absl::StatusOr<ErasedEvents> ErasePerson(db::Transaction& transaction,
                                         absl::Span<const EventPlace> places,
                                         const std::string& person);

}  // namespace tally::outbox
