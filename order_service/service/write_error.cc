#include "order_service/service/write_error.h"

#include "common/outbox/stopping.h"
#include "common/rpc/errors.h"

namespace tally::orders {

absl::Status WriteError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      if (outbox::IsStopping(status)) {
        return rpc::Unavailable("STOPPING", "the service stops; nothing was written",
                                absl::Seconds(1));
      }
      return rpc::Unavailable("DATABASE_UNAVAILABLE",
                              "orders cannot be written right now; nothing was", absl::Seconds(1));
    case absl::StatusCode::kResourceExhausted:
      return rpc::ResourceExhausted("QUEUE_FULL",
                                    "too many commands wait to be written; nothing was",
                                    absl::Milliseconds(200));
    case absl::StatusCode::kUnknown:
      return rpc::Error(
          absl::StatusCode::kDeadlineExceeded, "OUTCOME_UNKNOWN",
          "it may have been written, or not; repeat the call with the same request_id");
    default:
      return status;
  }
}

}  // namespace tally::orders
