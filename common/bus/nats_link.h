#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally::bus {

// One connection to one server, from connected to closed; it never reconnects. What was sent on it
// and not answered before it closed will never be answered. Thread-safe.
class NatsLink {
 public:
  explicit NatsLink(natsConnection* connection) : connection_(connection) {}  // Owned from now on.
  ~NatsLink() { natsConnection_Destroy(connection_); }

  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;

  natsConnection* get() const { return connection_; }
  int64_t max_payload() const { return natsConnection_GetMaxPayload(connection_); }

  // Buffered; blocks no longer than the write deadline. `reply` may be empty.
  absl::Status Publish(const std::string& subject, const std::string& reply,
                       absl::string_view payload) const;
  // Hands what is buffered to the socket now instead of within the millisecond the library would
  // wait for more.
  void Flush() const;

 private:
  natsConnection* const connection_;
};

// UNAVAILABLE with the library's text for all but NATS_OK.
absl::Status ToStatus(natsStatus status, absl::string_view doing);

}  // namespace tally::bus
