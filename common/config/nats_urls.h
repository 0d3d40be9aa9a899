#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::config {

// The servers of one NATS cluster, each nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@
// before the host where needed. As a flag separated by commas. May hold a password: never logged.
struct NatsUrls {
  std::vector<std::string> urls;

  bool operator==(const NatsUrls&) const = default;
};

bool AbslParseFlag(absl::string_view text, NatsUrls* value, std::string* error);
std::string AbslUnparseFlag(const NatsUrls& value);

}  // namespace tally::config
