#include "tests/testkit/tcp_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/testkit/die.h"
#include "tests/testkit/nats_publish_ack.h"

namespace tally::testkit {
namespace {

constexpr int kBacklog = 512;
constexpr absl::Duration kPieceInterval = absl::Milliseconds(10);
constexpr int kFirstConnection =
    2;  // In the list of polled sockets: before them wake_ and the listener.

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int Socket() { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int Listen(int port) {
  const int fd = Socket();
  const int on = 1;
  const sockaddr_in address = Loopback(port);
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, kBacklog) != 0) {
    Die(absl::StrCat("cannot listen on 127.0.0.1:", port));
  }
  return fd;
}

// The connection may still be under way, or already refused: reading and writing will tell.
int Connect(int port) {
  const int fd = Socket();
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno == EINPROGRESS)
    return fd;
  close(fd);
  return -1;
}

void DisableNagle(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

TcpGate::TcpGate(int server_port)
    : server_port_(server_port),
      listener_(Listen(port_.port())),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_ < 0) Die("eventfd");
  thread_ = std::thread([this] { Loop(); });
}

TcpGate::~TcpGate() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& connection : connections_) connection->Cut();
  }
  Wake();
  thread_.join();
  close(listener_);
  close(wake_);
}

std::string TcpGate::Through(absl::string_view url) const {
  return absl::StrReplaceAll(
      url, {{absl::StrCat("127.0.0.1:", server_port_), absl::StrCat("127.0.0.1:", port())}});
}

void TcpGate::Forward() {
  {
    absl::MutexLock lock(&mutex_);
    // shutdown() ended the listening; the socket is still bound and can take it up again.
    if (std::exchange(refusing_, false) && listen(listener_, kBacklog) != 0) Die("listen");
  }
  Delay(absl::ZeroDuration());
}

void TcpGate::Refuse() {
  absl::MutexLock lock(&mutex_);
  refusing_ = true;
  shutdown(listener_, SHUT_RDWR);
  Wake();
}

void TcpGate::Delay(absl::Duration delay) {
  absl::MutexLock lock(&mutex_);
  delay_ = delay;
  piece_bytes_ = 0;
  for (const auto& connection : connections_) {
    connection->to_server.MakeAllDue();
    connection->to_client.MakeAllDue();
  }
  Wake();
}

void TcpGate::Trickle(size_t piece_bytes) {
  absl::MutexLock lock(&mutex_);
  piece_bytes_ = piece_bytes;
}

void TcpGate::CutAll() {
  absl::MutexLock lock(&mutex_);
  for (const auto& connection : connections_) connection->Cut();
  Wake();
}

void TcpGate::CutWhen(Direction direction, Condition condition) {
  Arm({Action::kCut, direction, std::move(condition), ""});
}

void TcpGate::SwallowReplyTo(absl::string_view command) {
  Arm({Action::kCut, Direction::kToClient, nullptr, std::string(command)});
}

void TcpGate::SwallowPublishAck() {
  Arm({Action::kDrop, Direction::kToClient,
       [](absl::string_view bytes) { return FindPublishAck(bytes).begin; }, ""});
}

TcpGate::Condition TcpGate::Contains(absl::string_view text) {
  return [text = std::string(text)](absl::string_view bytes) -> std::optional<size_t> {
    const size_t at = bytes.find(text);
    return at == absl::string_view::npos ? std::nullopt : std::optional<size_t>(at);
  };
}

void TcpGate::StrandRequest(absl::string_view text) {
  auto begins = [text = std::string(text)](absl::string_view bytes) -> std::optional<size_t> {
    return bytes.find(text) == absl::string_view::npos ? std::nullopt : std::optional<size_t>(0);
  };
  Arm({Action::kStrand, Direction::kToServer, begins, ""});
}

void TcpGate::Release() {
  absl::MutexLock lock(&mutex_);
  for (const auto& connection : connections_) {
    connection->to_server.Release();
    connection->to_client.Release();
  }
  Wake();
}

int TcpGate::swallowed() const {
  absl::MutexLock lock(&mutex_);
  return swallowed_;
}

int TcpGate::held() const {
  absl::MutexLock lock(&mutex_);
  return held_;
}

int TcpGate::open_connections() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& connection) { return !connection->Finished(); }));
}

int TcpGate::total_connections() const {
  absl::MutexLock lock(&mutex_);
  return total_connections_;
}

void TcpGate::Disarm() {
  absl::MutexLock lock(&mutex_);
  fault_.reset();
}

void TcpGate::Arm(Fault fault) {
  absl::MutexLock lock(&mutex_);
  fault_ = std::move(fault);
}

void TcpGate::Wake() const { eventfd_write(wake_, 1); }

void TcpGate::Loop() {
  std::vector<pollfd> sockets;
  while (RunOnce(sockets)) {
  }
}

// `sockets` is only kept between rounds to save its memory. Connections are neither added nor
// removed while it is polled.
bool TcpGate::RunOnce(std::vector<pollfd>& sockets) {
  int timeout_ms;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return false;
    timeout_ms = Prepare(sockets);
  }
  poll(sockets.data(), sockets.size(), timeout_ms);
  eventfd_t wakes;
  eventfd_read(wake_, &wakes);
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < connections_.size(); ++i) {
    const pollfd& client = sockets[kFirstConnection + 2 * i];
    const pollfd& server = sockets[kFirstConnection + 2 * i + 1];
    Advance(*connections_[i], client.revents != 0, server.revents != 0);
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->Finished(); });
  if (sockets[1].revents != 0) Accept();
  return true;
}

int TcpGate::Prepare(std::vector<pollfd>& sockets) const {
  const absl::Time now = absl::Now();
  absl::Time due = absl::InfiniteFuture();
  sockets = {{wake_, POLLIN, 0}, {refusing_ ? -1 : listener_, POLLIN, 0}};
  for (const auto& connection : connections_) {
    sockets.push_back(connection->PollClient(now));
    sockets.push_back(connection->PollServer(now));
    for (const absl::Time next :
         {connection->to_server.NextDue(), connection->to_client.NextDue()}) {
      if (next > now) due = std::min(due, next);
    }
  }
  if (due == absl::InfiniteFuture()) return -1;
  return static_cast<int>(absl::ToInt64Milliseconds(std::min(due - now, absl::Seconds(60)))) + 1;
}

void TcpGate::Accept() {
  for (int client;
       (client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    ++total_connections_;
    const int server = Connect(server_port_);
    if (server < 0) {
      close(client);
      continue;
    }
    DisableNagle(client);
    DisableNagle(server);
    connections_.push_back(std::make_unique<GateConnection>(client, server));
  }
}

void TcpGate::Advance(GateConnection& connection, bool client_readable, bool server_readable) {
  if (!connection.Finished() && client_readable) Receive(connection, Direction::kToServer);
  if (!connection.Finished() && server_readable) Receive(connection, Direction::kToClient);
  if (connection.Finished()) return;
  const absl::Time now = absl::Now();
  for (GatePipe* pipe : {&connection.to_server, &connection.to_client}) {
    if (!pipe->Write(now)) return connection.Cut();
  }
}

void TcpGate::Receive(GateConnection& connection, Direction direction) {
  GatePipe& pipe = connection.pipe(direction);
  if (!pipe.WantsRead()) return;
  std::string bytes = pipe.Read();
  if (pipe.ended()) pipe.End(absl::Now() + delay_);
  if (bytes.empty() || (connection.stranded() && direction == Direction::kToClient)) return;
  if (const std::optional<size_t> at = FindFault(connection, direction, bytes)) {
    Strike(connection, std::move(bytes), *at);
  } else {
    Pass(pipe, std::move(bytes));
  }
}

void TcpGate::Pass(GatePipe& pipe, std::string bytes) {
  absl::Time due = absl::Now() + delay_;
  if (piece_bytes_ == 0) return pipe.Push(std::move(bytes), due);
  due = std::max(due, pipe.LastDue());
  for (size_t at = 0; at < bytes.size(); at += piece_bytes_) {
    pipe.Push(bytes.substr(at, piece_bytes_), due += kPieceInterval);
  }
}

std::optional<size_t> TcpGate::FindFault(GateConnection& connection, Direction direction,
                                         absl::string_view bytes) {
  const bool armed = fault_ && fault_->direction == direction;
  if (direction == Direction::kToServer) {
    connection.scanner.SawRequest(bytes);
  } else {
    const std::optional<size_t> reply =
        connection.scanner.FindReply(bytes, fault_ ? fault_->command_tag : "");
    if (armed && !fault_->condition) return reply;
  }
  return armed && fault_->condition ? fault_->condition(bytes) : std::nullopt;
}

void TcpGate::Strike(GateConnection& connection, std::string bytes, size_t at) {
  const Fault fault = *std::exchange(fault_, std::nullopt);
  GatePipe& pipe = connection.pipe(fault.direction);
  if (fault.action == Action::kDrop) {
    bytes.erase(at, FindPublishAck(bytes).bytes);
    ++swallowed_;
    return Pass(pipe, std::move(bytes));
  }
  pipe.Push(bytes.substr(0, at), absl::Now());
  pipe.Write(absl::Now());
  if (fault.action == Action::kCut) {
    connection.Cut();
    ++swallowed_;
    return;
  }
  pipe.Hold();
  pipe.Push(bytes.substr(at), absl::Now());
  connection.Strand();
  ++held_;
}

}  // namespace tally::testkit
