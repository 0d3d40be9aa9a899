#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/bus/bus.h"
#include "common/bus/nats_handles.h"
#include "common/bus/nats_link.h"

namespace tally::bus {

// A subscription on one link and the messages that have come: to an own reply subject
// `_INBOX.<random>.<token>`, for any token (unbounded: whoever asks bounds what it asks for), or to
// a subject that a group shares, or everyone who listens (bounded: what does not fit is dropped).
// The waker is called when the first message comes into an empty mailbox, and not any more after
// the mailbox is destroyed. One thread at a time.
class Mailbox {
 public:
  static absl::StatusOr<std::unique_ptr<Mailbox>> Open(std::shared_ptr<NatsLink> link, Waker waker);
  static absl::StatusOr<std::unique_ptr<Mailbox>> OpenShared(std::shared_ptr<NatsLink> link,
                                                             const std::string& subject,
                                                             const std::string& group,
                                                             size_t messages_max, Waker waker);
  ~Mailbox();

  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  NatsLink& link() const { return *link_; }
  std::string Address(absl::string_view token) const { return prefix_ + std::string(token); }
  // The token a message was sent to; empty for one with a subject of its own (a delivery from a
  // stream).
  absl::string_view TokenOf(absl::string_view subject) const;

  // Replaces the content of `into` by what has come, in order.
  void TakeAll(std::vector<NatsMsgPtr>& into);

 private:
  struct Box;
  Mailbox(std::shared_ptr<NatsLink> link, std::string prefix, size_t messages_max, Waker waker);
  absl::Status Subscribe(const std::string& subject, const char* group);
  static void OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void* box);
  static void OnComplete(void* box);

  const std::shared_ptr<NatsLink> link_;
  const std::string prefix_;
  const std::shared_ptr<Box> box_;
  natsSubscription* subscription_ = nullptr;
};

}  // namespace tally::bus
