#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tally::bus {

// Where a server is: nats://[USER[:PASSWORD]@]HOST:PORT, or tls:// for an encrypted connection.
struct NatsUrl {
  std::string text;     // as given: may hold a password
  std::string address;  // HOST:PORT, safe to log
  bool tls = false;
};

// INVALID_ARGUMENT says what is allowed without repeating the text.
absl::StatusOr<NatsUrl> ParseNatsUrl(const std::string& text);

}  // namespace tally::bus
