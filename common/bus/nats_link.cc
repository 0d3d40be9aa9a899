#include "common/bus/nats_link.h"

#include "absl/strings/str_cat.h"

namespace tally::bus {
namespace {

// The library offers no flush without a round trip: the bytes leave at once, then it waits for the
// server's PONG.
constexpr int64_t kFlushWaitMs = 1;

}  // namespace

NatsLink::~NatsLink() {
  natsConnection_Close(connection_);
  {
    absl::MutexLock lock(&mutex_);
    for (natsSubscription* subscription : retired_) natsSubscription_Destroy(subscription);
  }
  natsConnection_Destroy(connection_);
}

void NatsLink::Retire(natsSubscription* subscription) {
  if (!broken()) natsSubscription_Unsubscribe(subscription);
  absl::MutexLock lock(&mutex_);
  retired_.push_back(subscription);
}

natsStatus NatsLink::Publish(natsMsg* message) {
  if (broken()) return NATS_CONNECTION_CLOSED;
  return Noted(natsConnection_PublishMsg(connection_, message));
}

natsStatus NatsLink::Publish(const std::string& subject, const std::string& reply,
                             absl::string_view payload) {
  if (broken()) return NATS_CONNECTION_CLOSED;
  const int size = static_cast<int>(payload.size());
  if (reply.empty()) {
    return Noted(natsConnection_Publish(connection_, subject.c_str(), payload.data(), size));
  }
  return Noted(natsConnection_PublishRequest(connection_, subject.c_str(), reply.c_str(),
                                             payload.data(), size));
}

void NatsLink::Flush() {
  if (!broken()) natsConnection_FlushTimeout(connection_, kFlushWaitMs);
}

// The library's own flushing thread tells nobody else when it fails.
bool NatsLink::broken() const {
  const char* text = nullptr;
  const natsStatus last = natsConnection_GetLastError(connection_, &text);
  return write_failed_ || last == NATS_TIMEOUT || last == NATS_IO_ERROR || last == NATS_SSL_ERROR;
}

natsStatus NatsLink::Noted(natsStatus status) {
  if (status != NATS_OK && status != NATS_MAX_PAYLOAD) write_failed_ = true;
  return status;
}

absl::Status ToStatus(natsStatus status, absl::string_view doing) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(doing, ": ", natsStatus_GetText(status)));
}

}  // namespace tally::bus
