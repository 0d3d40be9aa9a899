#pragma once

#include "absl/status/status.h"

namespace tally::inbox {

// Whose fault it is that an event was not applied.
enum class Fault {
  kUndecodable,  // the event's, and no attempt will ever succeed
  kUnknownType,  // ours, perhaps: a newer producer may be rolling out
  kEvent,        // the event's, as far as one can see: worth some attempts
  kUnended,      // an attempt at this event alone never ended: the process did, perhaps for it
  kUnclear,      // a statement failed; the event's only where others succeed
  kDatabase,     // our own database is away, busy or in doubt: never the event's
};

// Of an error that an EventHandler returned.
Fault FaultOf(const absl::Status& error);

}  // namespace tally::inbox
