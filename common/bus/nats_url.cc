#include "common/bus/nats_url.h"

#include "absl/status/status.h"
#include "absl/strings/strip.h"
#include "common/config/host_port.h"

namespace tally::bus {

absl::StatusOr<NatsUrl> ParseNatsUrl(const std::string& text) {
  NatsUrl url{.text = text, .address = {}, .tls = false};
  absl::string_view rest = text;
  url.tls = absl::ConsumePrefix(&rest, "tls://");
  const bool known_scheme = url.tls || absl::ConsumePrefix(&rest, "nats://");
  if (const size_t at = rest.rfind('@'); at != absl::string_view::npos) rest.remove_prefix(at + 1);
  const absl::StatusOr<config::HostPort> address = config::HostPort::Parse(rest);
  if (!known_scheme || !address.ok() || address->port <= 0) {
    return absl::InvalidArgumentError("a NATS URL must be nats://HOST:PORT or tls://HOST:PORT");
  }
  url.address = std::string(rest);
  return url;
}

}  // namespace tally::bus
