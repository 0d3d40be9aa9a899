#include "common/bus/mailbox.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"

namespace tally::bus {

// Shared with the library's delivery thread, which may be inside OnMessage while the mailbox goes.
struct Mailbox::Box {
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
  auto box = std::make_shared<Box>();
  {
    absl::MutexLock lock(&box->mutex);
    box->waker = std::move(waker);
  }
  std::unique_ptr<Mailbox> mailbox(
      new Mailbox(std::move(link), absl::StrCat(inbox.get(), "."), std::move(box)));

  // The library holds its share of the box until OnComplete.
  auto share = std::make_unique<std::shared_ptr<Box>>(mailbox->box_);
  natsSubscription* subscription = nullptr;
  const natsStatus status = natsConnection_Subscribe(
      &subscription, mailbox->link_->get(), mailbox->Address("*").c_str(), &OnMessage, share.get());
  if (status != NATS_OK) return ToStatus(status, "subscribe");
  mailbox->subscription_ = subscription;
  // Fails when the link was closed meanwhile; whether a message is being delivered is unknown then,
  // so the share stays.
  void* const held = share.release();
  natsSubscription_SetOnCompleteCB(subscription, &OnComplete, held);
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  return mailbox;
}

Mailbox::Mailbox(std::shared_ptr<NatsLink> link, std::string prefix, std::shared_ptr<Box> box)
    : link_(std::move(link)), prefix_(std::move(prefix)), box_(std::move(box)) {}

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
  if (!box.open) return;
  box.messages.push_back(std::move(owned));
  if (box.messages.size() == 1 && box.waker) box.waker();
}

void Mailbox::OnComplete(void* shared_box) {
  delete static_cast<std::shared_ptr<Box>*>(shared_box);
}

}  // namespace tally::bus
