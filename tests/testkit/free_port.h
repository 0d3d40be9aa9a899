#pragma once

namespace tally::testkit {

// A TCP port of 127.0.0.1 that nobody else is given while this object lives: it stays bound, never
// listening, with SO_REUSEADDR and SO_REUSEPORT. A server that sets either (nats-server, postgres,
// gRPC and cpp-httplib do) may listen on it, stop, and listen on it again; between, connections are
// refused. Dies when the machine has no port left.
class FreePort {
 public:
  FreePort();
  ~FreePort();
  FreePort(const FreePort&) = delete;
  FreePort& operator=(const FreePort&) = delete;

  int port() const { return port_; }

 private:
  int fd_;
  int port_;
};

}  // namespace tally::testkit
