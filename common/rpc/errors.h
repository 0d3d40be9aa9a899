#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/violations.h"

namespace tally::rpc {

// Statuses made for callers: only their messages leave the process. Any other status that reaches a
// call is answered with its code, a neutral message and the code's name as reason; the original is
// logged.

// `domain` of every ErrorInfo.
inline constexpr char kErrorDomain[] = "tallystick.dev";

// `reason` is UPPER_SNAKE_CASE and stable: programs branch on it. `message` is for people.
// `metadata` is for programs.
absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                   const std::map<std::string, std::string>& metadata = {});

// INVALID_ARGUMENT, reason INVALID_FIELDS, with every violation. `violations` must not be empty.
// What every gRPC client accepts as trailing metadata is 8 KiB: of very many violations the first 4
// KiB are named, then field "*" says how many more there are.
absl::Status BadRequest(const base::Violations& violations);

// PERMISSION_DENIED: the caller's token does not hold `scope`.
absl::Status ScopeMissing(absl::string_view scope);

// UNAVAILABLE and RESOURCE_EXHAUSTED: the same call may succeed after `retry_delay`.
absl::Status Unavailable(absl::string_view reason, absl::string_view message,
                         absl::Duration retry_delay);
absl::Status ResourceExhausted(absl::string_view reason, absl::string_view message,
                               absl::Duration retry_delay);

}  // namespace tally::rpc
