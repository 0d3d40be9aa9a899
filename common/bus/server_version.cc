#include "common/bus/server_version.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/bus/jetstream_protocol.h"
#include "common/config/host_port.h"

namespace tally::bus {
namespace {

constexpr size_t kGreetingBytesMax = 64 << 10;

std::string ReadLine(int socket) {
  std::string text;
  char buffer[4096];
  while (text.size() < kGreetingBytesMax && text.find('\n') == std::string::npos) {
    const ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string AskServerVersion(const std::string& address, absl::Duration timeout) {
  const absl::StatusOr<config::HostPort> server = config::HostPort::Parse(address);
  if (!server.ok()) return "";
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(server->host.c_str(), absl::StrCat(server->port).c_str(), &hints, &found) != 0) {
    return "";
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &freeaddrinfo);
  const int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
  if (fd < 0) return "";
  const auto close_socket = absl::MakeCleanup([fd] { close(fd); });
  const timeval limit = absl::ToTimeval(timeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) return "";
  return ParseServerVersion(ReadLine(fd));
}

std::string ParseServerVersion(absl::string_view greeting) {
  if (!absl::ConsumePrefix(&greeting, "INFO ")) return "";
  const auto info = nlohmann::json::parse(greeting.begin(), greeting.end(), nullptr,
                                          /*allow_exceptions=*/false);
  return StringField(info, "version");
}

}  // namespace tally::bus
