#include "common/bus/nats_url.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tally::bus {
namespace {

constexpr int kDefaultPort = 4222;

}  // namespace

absl::StatusOr<NatsUrl> ParseNatsUrl(const std::string& text) {
  NatsUrl url{.text = text, .address = {}, .tls = false};
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "tls://")) {
    url.tls = true;
  } else if (!absl::ConsumePrefix(&rest, "nats://") && absl::StrContains(rest, "://")) {
    return absl::InvalidArgumentError("NATS URL: the scheme must be nats or tls");
  }
  if (const size_t at = rest.rfind('@'); at != absl::string_view::npos) rest.remove_prefix(at + 1);

  absl::string_view host = rest;
  int port = kDefaultPort;
  const size_t colon = rest.rfind(':');
  const size_t bracket = rest.rfind(']');  // [::1]:4222
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    host = rest.substr(0, colon);
    if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) || port < 1 || port > 65535) {
      return absl::InvalidArgumentError("NATS URL: the port must be a number from 1 to 65535");
    }
  }
  if (host.empty() || host.find_first_of(" \t\r\n/,") != absl::string_view::npos) {
    return absl::InvalidArgumentError("NATS URL: the host is missing or has a character no host has");
  }
  url.address = absl::StrCat(host, ":", port);
  return url;
}

}  // namespace tally::bus
