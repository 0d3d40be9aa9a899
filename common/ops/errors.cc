#include "common/ops/errors.h"

#include "common/db/error.h"
#include "common/rpc/errors.h"

namespace tally::ops {

absl::Status ToAnswer(const absl::Status& status) {
  if (status.ok()) return status;
  switch (db::KindOf(status)) {
    case db::ErrorKind::kConnection:
    case db::ErrorKind::kRetry:
    case db::ErrorKind::kResources:
    case db::ErrorKind::kUnknownOutcome:
      return rpc::Unavailable("DATABASE_UNAVAILABLE",
                              "the database does not answer right now; repeat the call",
                              absl::Seconds(1));
    case db::ErrorKind::kUnique:
    case db::ErrorKind::kData:
    case db::ErrorKind::kStatement:
      return absl::InternalError(status.message());
    case db::ErrorKind::kNone:
      break;
  }
  if (absl::IsResourceExhausted(status)) {
    return rpc::ResourceExhausted("TOO_MUCH_UNDER_WAY", status.message(), absl::Seconds(5));
  }
  if (absl::IsNotFound(status)) return rpc::Error(status.code(), "NOT_THERE", status.message());
  if (absl::IsFailedPrecondition(status)) {
    return rpc::Error(status.code(), "NOT_IN_THIS_STATE", status.message());
  }
  return status;
}

}  // namespace tally::ops
