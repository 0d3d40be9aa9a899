#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tally::bench {

// Orders per second that order_service's own statements write into an empty database, in
// transactions of `batch` orders one after the other, each with fence, rows, events and commit:
// what its writer does, without calls, checks and bus.
absl::StatusOr<double> RunWriteStage(const std::string& database_url, int batch,
                                     absl::Duration span);

}  // namespace tally::bench
