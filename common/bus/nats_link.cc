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
  natsSubscription_Unsubscribe(subscription);
  absl::MutexLock lock(&mutex_);
  retired_.push_back(subscription);
}

absl::Status NatsLink::Publish(const std::string& subject, const std::string& reply,
                               absl::string_view payload) const {
  const int size = static_cast<int>(payload.size());
  return ToStatus(reply.empty()
                      ? natsConnection_Publish(connection_, subject.c_str(), payload.data(), size)
                      : natsConnection_PublishRequest(connection_, subject.c_str(), reply.c_str(),
                                                      payload.data(), size),
                  "publish");
}

void NatsLink::Flush() const { natsConnection_FlushTimeout(connection_, kFlushWaitMs); }

absl::Status ToStatus(natsStatus status, absl::string_view doing) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(doing, ": ", natsStatus_GetText(status)));
}

}  // namespace tally::bus
