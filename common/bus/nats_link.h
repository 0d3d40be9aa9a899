#pragma once

#include <nats/nats.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace tally::bus {

// One connection to one server, from connected to closed; it never reconnects. What was sent on it
// and not answered before it closed will never be answered. Thread-safe.
//
// When a write fails, part of a message may have left, and the server would take what follows for
// its rest. So nothing more is written then: the link is broken, and to be given up
// (NatsConnection::Drop).
class NatsLink {
 public:
  explicit NatsLink(natsConnection* connection) : connection_(connection) {}  // Owned from now on.
  ~NatsLink();  // Closes; waits for the library's reading thread.

  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;

  natsConnection* get() const { return connection_; }
  int64_t max_payload() const { return natsConnection_GetMaxPayload(connection_); }

  // Buffered; block no longer than the write deadline. NATS_CONNECTION_CLOSED when closed or broken
  // before: nothing was sent. NATS_MAX_PAYLOAD: refused, the link is as good as before. Any other
  // error has broken it.
  natsStatus Publish(natsMsg* message);
  natsStatus Publish(const std::string& subject, const std::string& reply,
                     absl::string_view payload);  // `reply` may be empty
  // Ends a subscription of this link and owns it from now on. Its memory is given back only after
  // the library has stopped reading: nats.c 3.5 and earlier use a subscription it has just looked
  // up without holding it, so destroying one while messages come corrupts memory (its issue 637).
  void Retire(natsSubscription* subscription);
  // Hands what is buffered to the socket now instead of within the millisecond the library would
  // wait for more.
  void Flush();

 private:
  bool broken() const;
  natsStatus Noted(natsStatus status);

  natsConnection* const connection_;
  std::atomic<bool> write_failed_ = false;
  absl::Mutex mutex_;
  std::vector<natsSubscription*> retired_ ABSL_GUARDED_BY(mutex_);
};

// UNAVAILABLE with the library's text for all but NATS_OK.
absl::Status ToStatus(natsStatus status, absl::string_view doing);

}  // namespace tally::bus
