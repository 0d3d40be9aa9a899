#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally::db {

// Turns postgresql://… into libpq's connection string, completed with what the URL does not say
// itself: time limits, TCP keepalives, UTF-8, never a standby. INVALID_ARGUMENT says what is wrong
// without showing a password.
absl::StatusOr<std::string> ToConninfo(absl::string_view url, absl::Duration connect_timeout,
                                       absl::string_view application_name);

}  // namespace tally::db
