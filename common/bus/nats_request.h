#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/bus/nats_connection.h"

namespace tally::bus {

// One request over the current link; blocks until its answer, the deadline or the loss of the
// connection. UNAVAILABLE at once while there is no connection or nobody listens; at the deadline
// when nobody answers. INVALID_ARGUMENT beyond the server's max_payload.
absl::StatusOr<std::string> Request(const NatsConnection& connection, const std::string& subject,
                                    const std::string& body, absl::Time deadline);

}  // namespace tally::bus
