#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::config {

// A TCP address: name or IP address and port. As a flag it is written HOST:PORT, an IPv6 address in
// brackets: [::1]:7070.
struct HostPort {
  std::string host;
  int port = 0;  // 0 to 65535; 0 means "any free port" where something listens

  // INVALID_ARGUMENT says what is allowed.
  static absl::StatusOr<HostPort> Parse(absl::string_view text);
  std::string ToString() const;

  bool operator==(const HostPort&) const = default;
};

bool AbslParseFlag(absl::string_view text, HostPort* value, std::string* error);
std::string AbslUnparseFlag(const HostPort& value);

}  // namespace tally::config
