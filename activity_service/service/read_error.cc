#include "activity_service/service/read_error.h"

#include "common/db/error.h"
#include "common/rpc/errors.h"

namespace tally::activity {

absl::Status ReadError(const absl::Status& status) {
  switch (db::KindOf(status)) {
    case db::ErrorKind::kNone:
      return status;
    case db::ErrorKind::kConnection:
    case db::ErrorKind::kRetry:
    case db::ErrorKind::kResources:
    case db::ErrorKind::kUnknownOutcome:
      return rpc::Unavailable("DATABASE_UNAVAILABLE", "statistics cannot be read right now",
                              absl::Seconds(1));
    case db::ErrorKind::kUnique:
    case db::ErrorKind::kData:
    case db::ErrorKind::kStatement:
      break;
  }
  return absl::InternalError(status.message());
}

}  // namespace tally::activity
