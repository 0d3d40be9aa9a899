#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/gate_connection.h"

namespace tally::testkit {

// A TCP proxy in front of a server on 127.0.0.1, to make the network between a client and it fail
// as a test wants. It starts by forwarding. One thread of its own, joined by the destructor, which
// cuts all connections. Thread-safe; every call takes effect before it returns.
//
// The modes hold until another is chosen; after each fault a test ends with Forward() and sees that
// all recovers:
//   Forward   connections are taken, bytes pass at once, those that Delay kept too
//   Refuse    new connections are refused; those that exist go on (CutAll ends them)
//   Delay     every byte passes so much later; InfiniteDuration: connections stay open and nothing
//   passes,
//             not even that a side has ended its own
//   Trickle   bytes pass in small pieces, a hundred pieces a second in each direction
//
// The faults strike once, on whichever connection meets the condition first, and one at a time:
// arming one disarms the one before.
class TcpGate {
 public:
  // Returns where in the bytes that just came the fault begins; what stands before it still passes.
  // It runs on the gate's thread and must not call the gate.
  using Condition = std::function<std::optional<size_t>(absl::string_view bytes)>;

  explicit TcpGate(int server_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  int port() const { return port_.port(); }
  // The URL of the server with the gate's port in place of its own.
  std::string Through(absl::string_view url) const;

  void Forward() ABSL_LOCKS_EXCLUDED(mutex_);
  void Refuse() ABSL_LOCKS_EXCLUDED(mutex_);
  void Delay(absl::Duration delay) ABSL_LOCKS_EXCLUDED(mutex_);
  void Trickle(size_t piece_bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  void CutAll() ABSL_LOCKS_EXCLUDED(mutex_);

  // Where `text` begins, if it came in one piece.
  static Condition Contains(absl::string_view text);

  // Drops the bytes from where the condition says and cuts the connection.
  void CutWhen(Direction direction, Condition condition) ABSL_LOCKS_EXCLUDED(mutex_);

  // NATS, unencrypted: drops one acknowledgement of a publish to a stream, whole; the connection
  // lives on.
  void SwallowPublishAck() ABSL_LOCKS_EXCLUDED(mutex_);

  // PostgreSQL, unencrypted. Drops the reply and cuts the connection: the outcome is unknown to the
  // client. `command` is the tag of the server's reply: "COMMIT", "INSERT". The server has done the
  // command when its reply comes to the gate.
  void SwallowReplyTo(absl::string_view command) ABSL_LOCKS_EXCLUDED(mutex_);
  // Keeps what the client sends from the first bytes that contain `text` on, and cuts the client's
  // side only: the server's session stays open, in its transaction, until Release hands it the
  // request and ends it.
  void StrandRequest(absl::string_view text) ABSL_LOCKS_EXCLUDED(mutex_);
  // No fault is to strike any more.
  void Disarm() ABSL_LOCKS_EXCLUDED(mutex_);
  // Lets pass what StrandRequest keeps.
  void Release() ABSL_LOCKS_EXCLUDED(mutex_);

  // How often CutWhen, SwallowPublishAck or SwallowReplyTo have struck, how many connections
  // StrandRequest has stopped.
  int swallowed() const ABSL_LOCKS_EXCLUDED(mutex_);
  int held() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Connections that are open now, stranded ones included, and all that were ever taken.
  int open_connections() const ABSL_LOCKS_EXCLUDED(mutex_);
  int total_connections() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class Action { kCut, kStrand, kDrop };
  struct Fault {
    Action action;
    Direction direction;
    Condition condition;  // Empty: a reply with this tag.
    std::string command_tag;
  };

  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  bool RunOnce(std::vector<pollfd>& sockets) ABSL_LOCKS_EXCLUDED(mutex_);
  int Prepare(std::vector<pollfd>& sockets) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Advance(GateConnection& connection, bool client_readable, bool server_readable)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Receive(GateConnection& connection, Direction direction)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<size_t> FindFault(GateConnection& connection, Direction direction,
                                  absl::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Strike(GateConnection& connection, std::string bytes, size_t at)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pass(GatePipe& pipe, std::string bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Arm(Fault fault) ABSL_LOCKS_EXCLUDED(mutex_);
  void Wake() const;

  const int server_port_;
  FreePort port_;
  const int listener_;
  const int wake_;  // An eventfd.

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration delay_ ABSL_GUARDED_BY(mutex_);
  size_t piece_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: bytes pass as they come.
  std::optional<Fault> fault_ ABSL_GUARDED_BY(mutex_);
  int swallowed_ ABSL_GUARDED_BY(mutex_) = 0;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
  int total_connections_ ABSL_GUARDED_BY(mutex_) = 0;
  // Only the thread adds and removes.
  std::vector<std::unique_ptr<GateConnection>> connections_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace tally::testkit
