#pragma once

#include <poll.h>

#include <deque>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/testkit/postgres_reply_scanner.h"

namespace tally::testkit {

enum class Direction { kToServer, kToClient };

// One direction of a proxied connection: reads from one socket, keeps bytes until they are due,
// writes to the other. Bounded: reads no more while 1 MiB waits. Both sockets are non-blocking and
// belong to the GateConnection.
class GatePipe {
 public:
  GatePipe(int from, int to) : from_(from), to_(to) {}

  bool WantsRead() const;
  bool WantsWrite(absl::Time now) const;
  absl::Time NextDue() const;  // InfiniteFuture if nothing waits for a time.
  absl::Time LastDue() const;  // Of all that waits; InfinitePast if nothing does.

  // What there is to read, perhaps nothing. The end of the stream, and a broken one, sets ended().
  std::string Read();
  void Push(std::string bytes, absl::Time due);
  // Nothing is read any more; when what waits is written, and `due` has come, the other side is
  // told the end.
  void End(absl::Time due);
  // Writes what is due. False if the other side is gone.
  bool Write(absl::Time now);

  void Hold() { held_ = true; }
  void Release() { held_ = false; }
  void MakeAllDue();
  void Drop();  // Forgets what waits.
  bool ended() const { return ended_; }
  bool Finished() const { return closed_; }

 private:
  struct Chunk {
    absl::Time due;
    std::string bytes;  // Empty: the end.
  };

  int from_;
  int to_;
  std::deque<Chunk> chunks_;
  size_t waiting_bytes_ = 0;
  bool held_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

// A client's connection and the one to the server that was opened for it. Closes both sockets when
// it goes.
class GateConnection {
 public:
  GateConnection(int client, int server)
      : to_server(client, server), to_client(server, client), client_(client), server_(server) {}
  ~GateConnection();
  GateConnection(const GateConnection&) = delete;
  GateConnection& operator=(const GateConnection&) = delete;

  GatePipe& pipe(Direction direction) {
    return direction == Direction::kToServer ? to_server : to_client;
  }
  pollfd PollClient(absl::Time now) const;
  pollfd PollServer(absl::Time now) const;

  // Ends both sides at once, what waits is lost. The sockets are closed later, by the destructor.
  void Cut();
  // Ends the client's side only. What waits for the server is still written to it, then the end;
  // its answers are lost.
  void Strand();

  bool stranded() const { return stranded_; }
  bool Finished() const { return cut_ || (to_server.Finished() && to_client.Finished()); }

  GatePipe to_server;
  GatePipe to_client;
  PostgresReplyScanner scanner;

 private:
  const int client_;
  const int server_;
  bool cut_ = false;
  bool stranded_ = false;
};

}  // namespace tally::testkit
