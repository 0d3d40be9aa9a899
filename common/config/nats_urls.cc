#include "common/config/nats_urls.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/config/host_port.h"

namespace tally::config {
namespace {

bool IsNatsUrl(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "nats://") && !absl::ConsumePrefix(&url, "tls://")) return false;
  const size_t at = url.rfind('@');
  const absl::StatusOr<HostPort> address =
      HostPort::Parse(at == url.npos ? url : url.substr(at + 1));
  return address.ok() && address->port > 0;
}

}  // namespace

bool AbslParseFlag(absl::string_view text, NatsUrls* value, std::string* error) {
  NatsUrls parsed;
  for (absl::string_view url : absl::StrSplit(text, ',')) {
    url = absl::StripAsciiWhitespace(url);
    if (!IsNatsUrl(url)) {
      *error = "must be nats://HOST:PORT or tls://HOST:PORT, several separated by commas";
      return false;
    }
    parsed.urls.emplace_back(url);
  }
  *value = std::move(parsed);
  return true;
}

std::string AbslUnparseFlag(const NatsUrls& value) { return absl::StrJoin(value.urls, ","); }

}  // namespace tally::config
