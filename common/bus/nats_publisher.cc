#include "common/bus/nats_publisher.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/bus/header_codec.h"
#include "common/bus/jetstream_protocol.h"

namespace tally::bus {
namespace {

constexpr char kMessageId[] = "Nats-Msg-Id";
// The library's own write buffer: a run longer than this is on its way already.
constexpr size_t kWriteBuffer = 32 << 10;

PublishResult Unavailable(std::string error) {
  return {.token = 0, .outcome = PublishOutcome::kUnavailable, .error = std::move(error)};
}

}  // namespace

NatsPublisher::NatsPublisher(NatsConnection& connection, PublisherOptions options,
                             telemetry::Metrics& metrics)
    : connection_(connection),
      options_(std::move(options)),
      listener_(connection.AddListener(options_.waker)) {
  const char* const names[] = {"stored", "duplicate", "refused", "unavailable"};
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    outcomes_[i] =
        &metrics.AddCounter("tally_bus_publish_total",
                            "Messages published, by what became of them.", {{"outcome", names[i]}});
  }
}

NatsPublisher::~NatsPublisher() { connection_.RemoveListener(listener_); }

absl::Status NatsPublisher::Publish(uint64_t token, const Message& message,
                                    const std::string& message_id) {
  RETURN_IF_ERROR(UseCurrentLink());
  if (sent_.size() >= options_.window) return absl::ResourceExhaustedError("publish window full");
  const NatsMsgPtr encoded = Encode(message, message_id);
  if (encoded == nullptr) return absl::InvalidArgumentError("not a NATS message: no subject");

  const natsStatus status = mailbox_->link().Publish(encoded.get());
  if (status == NATS_MAX_PAYLOAD) {
    AddResult(
        {.token = token, .outcome = PublishOutcome::kRefused, .error = natsStatus_GetText(status)});
    return absl::OkStatus();
  }
  if (status != NATS_OK) {
    connection_.Drop(mailbox_->link(), absl::StrCat("publish: ", natsStatus_GetText(status)));
  }
  if (status == NATS_CONNECTION_CLOSED) return absl::UnavailableError("message bus: not connected");
  // After any other error the message may or may not have left: it is settled with its link.
  sent_.push_back(
      {.token = token, .deadline = base::MonotonicNow() + options_.ack_timeout, .settled = false});
  buffered_bytes_ += message.payload.size();
  return absl::OkStatus();
}

void NatsPublisher::Flush() {
  if (mailbox_ != nullptr && buffered_bytes_ > 0 && buffered_bytes_ < kWriteBuffer) {
    mailbox_->link().Flush();
  }
  buffered_bytes_ = 0;
}

std::vector<PublishResult> NatsPublisher::TakeResults() {
  if (mailbox_ != nullptr) {
    ReceiveAnswers();
    UseCurrentLink().IgnoreError();
  }
  ExpireUnanswered();
  return std::exchange(results_, {});
}

// Answers that came before the link was lost still count.
absl::Status NatsPublisher::UseCurrentLink() {
  std::shared_ptr<NatsLink> link = connection_.link();
  if (mailbox_ != nullptr && link.get() == &mailbox_->link()) return absl::OkStatus();
  if (mailbox_ != nullptr) {
    ReceiveAnswers();
    mailbox_.reset();
    SettleAll("connection lost before the acknowledgement");
  }
  if (link == nullptr) return absl::UnavailableError("message bus: not connected");
  ASSIGN_OR_RETURN(mailbox_, Mailbox::Open(std::move(link), options_.waker));
  return absl::OkStatus();
}

NatsMsgPtr NatsPublisher::Encode(const Message& message, const std::string& message_id) const {
  natsMsg* raw = nullptr;
  const std::string reply = mailbox_->Address(absl::StrCat(first_number_ + sent_.size()));
  natsStatus status =
      natsMsg_Create(&raw, message.subject.c_str(), reply.c_str(), message.payload.data(),
                     static_cast<int>(message.payload.size()));
  NatsMsgPtr encoded(raw);
  if (status == NATS_OK) status = SetHeaders(raw, message.headers, kMessageId, message_id);
  return status == NATS_OK ? std::move(encoded) : nullptr;
}

void NatsPublisher::ReceiveAnswers() {
  mailbox_->TakeAll(answers_);
  for (const NatsMsgPtr& answer : answers_) {
    uint64_t number;
    if (!absl::SimpleAtoi(mailbox_->TokenOf(natsMsg_GetSubject(answer.get())), &number)) continue;
    if (natsMsg_IsNoResponders(answer.get())) {
      PublishResult nobody = Unavailable("no stream listens to this subject");
      nobody.may_be_stored = false;
      Settle(number, std::move(nobody));
    } else {
      Settle(number,
             ParsePublishAnswer({natsMsg_GetData(answer.get()),
                                 static_cast<size_t>(natsMsg_GetDataLength(answer.get()))}));
    }
  }
  DropSettled();
}

void NatsPublisher::ExpireUnanswered() {
  const absl::Duration now = base::MonotonicNow();
  while (!sent_.empty() && sent_.front().deadline <= now) {
    Settle(first_number_, Unavailable("no acknowledgement in time"));
    DropSettled();
  }
}

void NatsPublisher::SettleAll(const std::string& error) {
  for (size_t i = 0; i < sent_.size(); ++i) Settle(first_number_ + i, Unavailable(error));
  DropSettled();
}

void NatsPublisher::Settle(uint64_t number, PublishResult result) {
  if (number < first_number_ || number >= first_number_ + sent_.size()) return;
  Sent& sent = sent_[number - first_number_];
  if (std::exchange(sent.settled, true)) return;
  result.token = sent.token;
  AddResult(std::move(result));
}

void NatsPublisher::DropSettled() {
  while (!sent_.empty() && sent_.front().settled) {
    sent_.pop_front();
    ++first_number_;
  }
}

void NatsPublisher::AddResult(PublishResult result) {
  outcomes_[static_cast<size_t>(result.outcome)]->Increment();
  results_.push_back(std::move(result));
}

}  // namespace tally::bus
