#include "order_service/service/read_error.h"

#include "common/db/error.h"
#include "common/rpc/errors.h"

namespace tally::orders {

absl::Status ReadError(const absl::Status& status) {
  const db::ErrorKind kind = db::KindOf(status);
  if (kind == db::ErrorKind::kConnection || kind == db::ErrorKind::kRetry ||
      kind == db::ErrorKind::kResources || kind == db::ErrorKind::kUnknownOutcome) {
    return rpc::Unavailable("DATABASE_UNAVAILABLE", "orders cannot be read right now",
                            absl::Seconds(1));
  }
  return status;
}

}  // namespace tally::orders
