#include "common/inbox/fault.h"

#include "common/db/error.h"

namespace tally::inbox {

Fault FaultOf(const absl::Status& error) {
  switch (db::KindOf(error)) {
    case db::ErrorKind::kRetry:
    case db::ErrorKind::kConnection:
    case db::ErrorKind::kResources:
    case db::ErrorKind::kUnknownOutcome:
      return Fault::kDatabase;
    case db::ErrorKind::kStatement:
      return Fault::kUnclear;
    case db::ErrorKind::kUnique:
    case db::ErrorKind::kData:
      return Fault::kEvent;
    case db::ErrorKind::kNone:
      return absl::IsInvalidArgument(error) ? Fault::kUndecodable : Fault::kEvent;
  }
  return Fault::kUnclear;
}

}  // namespace tally::inbox
