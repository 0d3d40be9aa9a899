#include "common/bus/mailbox.h"

#include <limits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"

namespace tally::bus {

// Shared with the library's delivery thread, which may be inside OnMessage while the mailbox goes.
struct Mailbox::Box {
  Box(size_t most, Waker wakes) : messages_max(most), waker(std::move(wakes)) {}

  const size_t messages_max;
  absl::Mutex mutex;
  std::vector<NatsMsgPtr> messages ABSL_GUARDED_BY(mutex);
  Waker waker ABSL_GUARDED_BY(mutex);  // may be empty
  bool open ABSL_GUARDED_BY(mutex) = true;
};

absl::StatusOr<std::unique_ptr<Mailbox>> Mailbox::Open(std::shared_ptr<NatsLink> link,
                                                       Waker waker) {
  natsInbox* raw_inbox = nullptr;
  if (const natsStatus status = natsInbox_Create(&raw_inbox); status != NATS_OK)
    return ToStatus(status, "inbox");
  const NatsInboxPtr inbox(raw_inbox);
  std::unique_ptr<Mailbox> mailbox(new Mailbox(std::move(link), absl::StrCat(inbox.get(), "."),
                                               std::numeric_limits<size_t>::max(),
                                               std::move(waker)));
  RETURN_IF_ERROR(mailbox->Subscribe(mailbox->Address("*"), nullptr));
  return mailbox;
}

absl::StatusOr<std::unique_ptr<Mailbox>> Mailbox::OpenShared(std::shared_ptr<NatsLink> link,
                                                             const std::string& subject,
                                                             const std::string& group,
                                                             size_t messages_max, Waker waker) {
  std::unique_ptr<Mailbox> mailbox(
      new Mailbox(std::move(link), subject, messages_max, std::move(waker)));
  RETURN_IF_ERROR(mailbox->Subscribe(subject, group.empty() ? nullptr : group.c_str()));
  return mailbox;
}

Mailbox::Mailbox(std::shared_ptr<NatsLink> link, std::string prefix, size_t messages_max,
                 Waker waker)
    : link_(std::move(link)),
      prefix_(std::move(prefix)),
      box_(std::make_shared<Box>(messages_max, std::move(waker))) {}

absl::Status Mailbox::Subscribe(const std::string& subject, const char* group) {
  // The library holds its share of the box until OnComplete.
  auto share = std::make_unique<std::shared_ptr<Box>>(box_);
  natsSubscription* subscription = nullptr;
  const natsStatus status =
      group == nullptr ? natsConnection_Subscribe(&subscription, link_->get(), subject.c_str(),
                                                  &OnMessage, share.get())
                       : natsConnection_QueueSubscribe(&subscription, link_->get(), subject.c_str(),
                                                       group, &OnMessage, share.get());
  if (status != NATS_OK) return ToStatus(status, "subscribe");
  subscription_ = subscription;
  // Fails when the link was closed meanwhile; whether a message is being delivered is unknown then,
  // so the share stays.
  void* const held = share.release();
  natsSubscription_SetOnCompleteCB(subscription, &OnComplete, held);
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  return absl::OkStatus();
}

Mailbox::~Mailbox() {
  {
    absl::MutexLock lock(&box_->mutex);
    box_->open = false;
    box_->messages.clear();
  }
  if (subscription_ != nullptr) link_->Retire(subscription_);
}

absl::string_view Mailbox::TokenOf(absl::string_view subject) const {
  return absl::ConsumePrefix(&subject, prefix_) ? subject : absl::string_view();
}

void Mailbox::TakeAll(std::vector<NatsMsgPtr>& into) {
  into.clear();
  absl::MutexLock lock(&box_->mutex);
  box_->messages.swap(into);
}

void Mailbox::OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void* shared_box) {
  NatsMsgPtr owned(message);
  Box& box = **static_cast<std::shared_ptr<Box>*>(shared_box);
  absl::MutexLock lock(&box.mutex);
  if (!box.open || box.messages.size() >= box.messages_max) return;
  box.messages.push_back(std::move(owned));
  if (box.messages.size() == 1 && box.waker) box.waker();
}

void Mailbox::OnComplete(void* shared_box) {
  delete static_cast<std::shared_ptr<Box>*>(shared_box);
}

}  // namespace tally::bus
