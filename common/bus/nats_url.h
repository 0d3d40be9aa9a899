#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tally::bus {

// Where a server is: `[nats://|tls://][user[:password]@]host[:port]`.
struct NatsUrl {
  std::string text;     // as given: may hold a password
  std::string address;  // host:port, safe to log
  bool tls = false;
};

// INVALID_ARGUMENT says what is wrong without repeating the text.
absl::StatusOr<NatsUrl> ParseNatsUrl(const std::string& text);

}  // namespace tally::bus
