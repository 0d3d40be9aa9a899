#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/wake_up.h"
#include "common/bus/bus.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_handles.h"
#include "common/bus/nats_link.h"
#include "common/bus/nats_url.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

// Keeps a connection: a thread of its own connects, waits until the link is closed or dropped, and
// connects again, for ever.
//
// nats.c's own reconnecting is off. It gives up after two equal authentication errors, sends late
// what was written while it was away, and leaves open what became of each message; here every link
// is new and whoever used the old one knows that its unanswered messages are lost.
//
//   no server, refused, not permitted → logged once, tried again every `reconnect_wait`, server
//                                       after server
//   server gone or frozen             → noticed by the socket, or after two unanswered pings
//
// Thread-safe. Listeners are called from this thread when a link is there and when it is gone; they
// must not block.
class NatsConnection {
 public:
  NatsConnection(NatsOptions options, std::vector<NatsUrl> urls, telemetry::Telemetry& telemetry);
  ~NatsConnection();  // Sends what is buffered (half a second at most), closes. Waits for a connect
                      // under way.

  // Null while there is none.
  std::shared_ptr<NatsLink> link() const;
  // Of the current or the last link; UNAVAILABLE before the first.
  absl::StatusOr<int64_t> max_payload() const;
  // The same; empty where the server does not show it.
  std::string server_version() const;

  // If `link` is the current one: there is none from now on, until a new one is made.
  void Drop(const NatsLink& link, const std::string& reason);

  int64_t AddListener(Waker listener);
  // The listener is not called any more when this returns.
  void RemoveListener(int64_t id);

 private:
  void Run();
  std::shared_ptr<NatsLink> Connect(const NatsUrl& url);
  NatsOptionsPtr MakeOptions(const NatsUrl& url);
  void HoldUntilLost(std::shared_ptr<NatsLink> link, const NatsUrl& url);
  void SetLink(std::shared_ptr<NatsLink> link);
  bool stopping() const;
  static void OnClosed(natsConnection* connection, void* self);
  static void OnError(natsConnection* connection, natsSubscription* subscription, natsStatus error,
                      void* self);

  const NatsOptions options_;
  std::vector<NatsUrl> urls_;
  telemetry::Telemetry& telemetry_;
  telemetry::Gauge& connected_;
  telemetry::Counter& reconnects_;
  base::WakeUp stop_pause_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<NatsLink> link_ ABSL_GUARDED_BY(mutex_);
  int64_t max_payload_ ABSL_GUARDED_BY(mutex_) = -1;  // -1: never connected
  std::string server_version_ ABSL_GUARDED_BY(mutex_);
  std::string drop_reason_ ABSL_GUARDED_BY(mutex_);  // set: the link is to be given up
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;      // the library's last word on the current link
  bool error_logged_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex listeners_mutex_;
  std::map<int64_t, Waker> listeners_ ABSL_GUARDED_BY(listeners_mutex_);
  int64_t next_listener_ ABSL_GUARDED_BY(listeners_mutex_) = 1;

  std::jthread thread_;  // Last: starts when all it uses is there.
};

}  // namespace tally::bus
