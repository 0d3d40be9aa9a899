#include "common/config/host_port.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tally::config {
namespace {

constexpr char kForm[] =
    "must be HOST:PORT, port 0 to 65535; an IPv6 address in brackets: [::1]:7070";

// Empty if the brackets do not fit.
absl::string_view WithoutBrackets(absl::string_view host) {
  const bool bracketed = absl::ConsumePrefix(&host, "[");
  if (bracketed && !absl::ConsumeSuffix(&host, "]")) return "";
  return host.find_first_of(bracketed ? "[]" : "[]:") == host.npos ? host : "";
}

}  // namespace

absl::StatusOr<HostPort> HostPort::Parse(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || text.find_first_of(" /,@") != text.npos)
    return absl::InvalidArgumentError(kForm);
  HostPort result;
  result.host = std::string(WithoutBrackets(text.substr(0, colon)));
  const absl::string_view port = text.substr(colon + 1);
  if (result.host.empty() || port.find_first_not_of("0123456789") != port.npos ||
      !absl::SimpleAtoi(port, &result.port) || result.port > 65535) {
    return absl::InvalidArgumentError(kForm);
  }
  return result;
}

std::string HostPort::ToString() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

bool AbslParseFlag(absl::string_view text, HostPort* value, std::string* error) {
  absl::StatusOr<HostPort> parsed = HostPort::Parse(text);
  if (!parsed.ok()) {
    *error = std::string(parsed.status().message());
    return false;
  }
  *value = *std::move(parsed);
  return true;
}

std::string AbslUnparseFlag(const HostPort& value) { return value.ToString(); }

}  // namespace tally::config
