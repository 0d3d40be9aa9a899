#pragma once

#include <nats/nats.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bus/message.h"

namespace tally::bench {

// A JetStream stream by nats.c alone, with no work between: what the bus itself costs. Blocks. Not
// thread-safe.
class NatsStream {
 public:
  static absl::StatusOr<std::unique_ptr<NatsStream>> Connect(const std::string& url);
  ~NatsStream();

  // File storage, like the stream of the orders.
  absl::Status Create(const std::string& stream, const std::string& subject);
  absl::Status Delete(const std::string& stream);

  // Publishes all, asynchronously, each with an id of its own; returns when all are acknowledged.
  absl::Status Publish(const std::vector<bus::Message>& messages, const std::string& subject);

  // Takes so many messages from the beginning of the stream with these subjects by a new durable,
  // acknowledging each.
  absl::Status FetchAndAcknowledge(const std::string& subjects, int64_t messages);

  // How many messages the stream holds.
  absl::StatusOr<int64_t> MessagesOf(const std::string& stream);

 private:
  NatsStream() = default;

  std::unique_ptr<natsConnection, decltype(&natsConnection_Destroy)> connection_{
      nullptr, &natsConnection_Destroy};
  std::unique_ptr<jsCtx, decltype(&jsCtx_Destroy)> jetstream_{nullptr, &jsCtx_Destroy};
  int names_ = 0;  // of durables and of message ids
};

}  // namespace tally::bench
