#include "tests/testkit/gate_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tally::testkit {
namespace {

constexpr size_t kMaxWaitingBytes = 1 << 20;
constexpr size_t kReadBytes = 1 << 16;

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// A socket that waits for nothing must not be polled: it would report its hang-up without end.
pollfd Poll(int fd, bool read, bool write) {
  const short events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
  return {events == 0 ? -1 : fd, events, 0};
}

}  // namespace

bool GatePipe::WantsRead() const { return !ended_ && waiting_bytes_ < kMaxWaitingBytes; }

bool GatePipe::WantsWrite(absl::Time now) const {
  return !held_ && !chunks_.empty() && chunks_.front().due <= now;
}

absl::Time GatePipe::NextDue() const {
  return held_ || chunks_.empty() ? absl::InfiniteFuture() : chunks_.front().due;
}

absl::Time GatePipe::LastDue() const {
  return chunks_.empty() ? absl::InfinitePast() : chunks_.back().due;
}

std::string GatePipe::Read() {
  std::string bytes(kReadBytes, '\0');
  const ssize_t count = recv(from_, bytes.data(), bytes.size(), 0);
  ended_ = count == 0 || (count < 0 && !WouldBlock());
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

void GatePipe::Push(std::string bytes, absl::Time due) {
  if (bytes.empty()) return;
  waiting_bytes_ += bytes.size();
  if (!chunks_.empty()) due = std::max(due, chunks_.back().due);
  chunks_.push_back({due, std::move(bytes)});
}

void GatePipe::End(absl::Time due) {
  ended_ = true;
  if (!chunks_.empty()) due = std::max(due, chunks_.back().due);
  chunks_.push_back({due, ""});
}

bool GatePipe::Write(absl::Time now) {
  while (WantsWrite(now)) {
    std::string& bytes = chunks_.front().bytes;
    if (bytes.empty()) {
      closed_ = true;
      shutdown(to_, SHUT_WR);
    } else {
      const ssize_t count = send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return WouldBlock();
      waiting_bytes_ -= static_cast<size_t>(count);
      bytes.erase(0, static_cast<size_t>(count));
    }
    if (bytes.empty()) chunks_.pop_front();
  }
  return true;
}

void GatePipe::MakeAllDue() {
  for (Chunk& chunk : chunks_) chunk.due = absl::InfinitePast();
}

void GatePipe::Drop() {
  chunks_.clear();
  waiting_bytes_ = 0;
}

GateConnection::~GateConnection() {
  close(client_);
  close(server_);
}

pollfd GateConnection::PollClient(absl::Time now) const {
  if (stranded_) return {-1, 0, 0};
  return Poll(client_, to_server.WantsRead(), to_client.WantsWrite(now));
}

pollfd GateConnection::PollServer(absl::Time now) const {
  return Poll(server_, to_client.WantsRead(), to_server.WantsWrite(now));
}

void GateConnection::Cut() {
  cut_ = true;
  shutdown(client_, SHUT_RDWR);
  shutdown(server_, SHUT_RDWR);
}

void GateConnection::Strand() {
  stranded_ = true;
  to_server.End(absl::InfinitePast());
  to_client.Drop();
  shutdown(client_, SHUT_RDWR);
}

}  // namespace tally::testkit
