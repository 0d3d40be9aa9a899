#include "common/bus/nats_responder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tally::bus {

NatsResponder::NatsResponder(NatsConnection& connection, ResponderOptions options)
    : connection_(connection),
      options_(std::move(options)),
      listener_(connection.AddListener(options_.waker)) {
  UseCurrentLink();
}

NatsResponder::~NatsResponder() { connection_.RemoveListener(listener_); }

std::vector<Question> NatsResponder::Take(size_t max) {
  UseCurrentLink();
  if (mailbox_ != nullptr) mailbox_->TakeAll(arrived_);
  for (const NatsMsgPtr& message : arrived_) {
    const char* const reply = natsMsg_GetReply(message.get());
    if (reply == nullptr || waiting_.size() >= options_.questions_max) continue;
    waiting_.push_back(
        {.subject = natsMsg_GetSubject(message.get()),
         .body = std::string(natsMsg_GetData(message.get()),
                             static_cast<size_t>(natsMsg_GetDataLength(message.get()))),
         .reply = reply});
  }
  arrived_.clear();
  const auto end = waiting_.begin() + static_cast<int64_t>(std::min(max, waiting_.size()));
  std::vector<Question> taken(std::make_move_iterator(waiting_.begin()),
                              std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

absl::Status NatsResponder::Answer(const Question& question, const std::string& body) {
  const std::shared_ptr<NatsLink> link = connection_.link();
  if (link == nullptr) return absl::UnavailableError("message bus: not connected");
  const natsStatus status = link->Publish(question.reply, "", body);
  if (status == NATS_MAX_PAYLOAD) {
    return absl::ResourceExhaustedError(
        absl::StrCat("an answer of ", body.size(), " bytes is larger than the bus takes"));
  }
  link->Flush();
  return ToStatus(status, "answer");
}

void NatsResponder::UseCurrentLink() {
  std::shared_ptr<NatsLink> link = connection_.link();
  if (mailbox_ != nullptr && &mailbox_->link() == link.get()) return;
  mailbox_.reset();
  waiting_.clear();  // Nobody waits for these any more: who asked has asked again.
  if (link == nullptr) return;
  auto mailbox = Mailbox::OpenShared(std::move(link), options_.subject, options_.group,
                                     options_.questions_max, options_.waker);
  if (mailbox.ok()) mailbox_ = *std::move(mailbox);
}

}  // namespace tally::bus
