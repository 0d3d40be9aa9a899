#include "tests/testkit/nats_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/testkit/eventually.h"

namespace tally::testkit {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(30);
constexpr absl::Duration kStopTimeout = absl::Seconds(10);
constexpr int kAnswerTimeoutMs = 5000;

// Debian installs it where an ordinary user's PATH does not look.
std::string Program() {
  constexpr char kDebian[] = "/usr/sbin/nats-server";
  return access(kDebian, X_OK) == 0 ? kDebian : "nats-server";
}

// Sends `text` to the server and reads until what it says is `enough`.
std::string Talk(int port, const std::string& text,
                 const std::function<bool(absl::string_view)>& enough) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  std::string said;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
    pollfd readable{fd, POLLIN, 0};
    while (!enough(said) && poll(&readable, 1, kAnswerTimeoutMs) == 1) {
      char bytes[4096];
      const ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
      if (count <= 0) break;
      said.append(bytes, static_cast<size_t>(count));
    }
  }
  close(fd);
  return said;
}

// The server opens its port only after JetStream has recovered its streams, and greets with what it
// can do.
bool GreetsWithJetStream(int port) {
  const std::string greeting =
      Talk(port, "", [](absl::string_view said) { return absl::StrContains(said, "\r\n"); });
  return absl::StartsWith(greeting, "INFO ") && absl::StrContains(greeting, "\"jetstream\":true");
}

// The payload behind "MSG answer 1 BYTES", once it has come.
std::optional<std::string> AnswerIn(absl::string_view said) {
  constexpr absl::string_view kHead = "\nMSG answer 1 ";
  const size_t head = said.find(kHead);
  if (head == absl::string_view::npos) return std::nullopt;
  said.remove_prefix(head + kHead.size());
  const size_t line = said.find("\r\n");
  size_t bytes = 0;
  if (line == absl::string_view::npos || !absl::SimpleAtoi(said.substr(0, line), &bytes) ||
      said.size() < line + 2 + bytes) {
    return std::nullopt;
  }
  return std::string(said.substr(line + 2, bytes));
}

}  // namespace

absl::StatusOr<std::unique_ptr<NatsServer>> NatsServer::Start(std::string extra_config) {
  std::unique_ptr<NatsServer> server(new NatsServer(std::move(extra_config)));
  if (absl::Status status = server->Run(); !status.ok()) return status;
  return server;
}

NatsServer::NatsServer(std::string extra_config) : extra_config_(std::move(extra_config)) {}

std::string NatsServer::url() const { return absl::StrCat("nats://127.0.0.1:", port()); }

absl::Status NatsServer::Run() {
  const std::string config = dir_.File("nats.conf");
  std::ofstream(config) << "listen: \"127.0.0.1:" << port() << "\"\njetstream { store_dir: \""
                        << dir_.File("store") << "\" }\n"
                        << extra_config_ << "\n";
  absl::StatusOr<std::unique_ptr<Process>> process =
      Process::Start({.argv = {Program(), "-c", config}});
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  bool ready = false;
  Eventually(kStartTimeout, [&] {
    ready = GreetsWithJetStream(port());
    return ready || !process_->Running();
  });
  if (!ready) return absl::UnavailableError(absl::StrCat("not ready: ", process_->Describe()));
  return absl::OkStatus();
}

absl::Status NatsServer::Stop() {
  if (!process_->Running()) return absl::OkStatus();
  if (absl::Status status = process_->Signal(SIGTERM); !status.ok()) return status;
  if (!process_->Wait(kStopTimeout).ok()) process_->Kill();
  return absl::OkStatus();
}

void NatsServer::Kill() { process_->Kill(); }

absl::Status NatsServer::Restart() {
  if (absl::Status status = Stop(); !status.ok()) return status;
  return Run();
}

absl::StatusOr<std::string> NatsServer::Ask(const std::string& request,
                                            const std::string& body) const {
  const std::string said =
      Talk(port(),
           absl::StrCat("CONNECT {\"verbose\":false}\r\nSUB answer 1\r\nPUB $JS.API.", request,
                        " answer ", body.size(), "\r\n", body, "\r\n"),
           [](absl::string_view heard) { return AnswerIn(heard).has_value(); });
  if (std::optional<std::string> answer = AnswerIn(said)) return *std::move(answer);
  return absl::UnavailableError(absl::StrCat("no answer to ", request, ": ", said));
}

absl::Status NatsServer::Restart(std::string extra_config) {
  extra_config_ = std::move(extra_config);
  return Restart();
}

absl::Status NatsServer::WipeStore() {
  if (process_->Running()) return absl::FailedPreconditionError("nats-server runs");
  std::filesystem::remove_all(dir_.File("store"));
  return absl::OkStatus();
}

absl::Status NatsServer::CopyStore() {
  if (process_->Running()) return absl::FailedPreconditionError("nats-server runs");
  std::filesystem::remove_all(dir_.File("copy"));
  std::filesystem::copy(dir_.File("store"), dir_.File("copy"),
                        std::filesystem::copy_options::recursive);
  return absl::OkStatus();
}

absl::Status NatsServer::RollBackStore() {
  if (absl::Status status = WipeStore(); !status.ok()) return status;
  std::filesystem::copy(dir_.File("copy"), dir_.File("store"),
                        std::filesystem::copy_options::recursive);
  return absl::OkStatus();
}

std::filesystem::path NatsServer::MessagesOf(const std::string& stream) const {
  return std::filesystem::path(dir_.File("store")) / "jetstream" / "$G" / "streams" / stream /
         "msgs";
}

}  // namespace tally::testkit
