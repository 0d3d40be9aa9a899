#include "common/bus/nats_pull_consumer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/bus/header_codec.h"
#include "common/bus/jetstream_api.h"
#include "common/bus/jetstream_protocol.h"

namespace tally::bus {
namespace {

constexpr absl::Duration kRequestExpires = absl::Seconds(5);
constexpr absl::Duration kPauseAfterTrouble = absl::Seconds(1);
// What one request may bring, and what may be held before the next: a few times this is the
// consumer's whole memory.
constexpr int64_t kRequestBytes = 4 << 20;
// The largest message that a nats-server can be set to take, and what JetStream adds to it.
constexpr int64_t kMessageBytesMax = (64 << 20) + (64 << 10);
constexpr char kTooLarge[] = "Message Size Exceeds MaxBytes";
constexpr char kStateToken[] = "state";

absl::string_view DataOf(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
}

absl::string_view HeaderOf(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr
             ? value
             : absl::string_view();
}

Delivery ToDelivery(natsMsg* message, const AckSubject& ack, uint64_t epoch) {
  return {.message = {.subject = natsMsg_GetSubject(message),
                      .headers = ReadHeaders(message),
                      .payload = std::string(DataOf(message))},
          .reply = natsMsg_GetReply(message),
          .stream_sequence = ack.stream_sequence,
          .delivery_count = ack.delivery_count,
          .stored_time = ack.stored_time,
          .pending = ack.pending,
          .epoch = epoch};
}

}  // namespace

NatsPullConsumer::NatsPullConsumer(NatsConnection& connection, PullConsumerOptions options,
                                   telemetry::Metrics& metrics)
    : connection_(connection),
      options_(std::move(options)),
      pull_subject_(JetStreamApi::PullSubject(options_.stream, options_.durable)),
      state_subject_(JetStreamApi::DurableInfoSubject(options_.stream, options_.durable)),
      metrics_(metrics),
      deliveries_(
          metrics.AddCounter("tally_bus_deliveries_total", "Messages delivered to this process.")),
      redeliveries_(metrics.AddCounter("tally_bus_redeliveries_total",
                                       "Deliveries of a message delivered before.")),
      request_bytes_(kRequestBytes),
      window_({.messages = options_.prefetch, .bytes = kRequestBytes, .expires = kRequestExpires}),
      stall_(options_.stall_after, base::MonotonicNow()),
      listener_(connection.AddListener(options_.waker)) {}

NatsPullConsumer::~NatsPullConsumer() { connection_.RemoveListener(listener_); }

absl::StatusOr<std::vector<Delivery>> NatsPullConsumer::Take(size_t max, size_t bytes_max) {
  RETURN_IF_ERROR(UseCurrentLink());
  const absl::Duration now = base::MonotonicNow();
  Receive(now);
  std::vector<Delivery> taken = HandOut(max, bytes_max);
  Ask(now);
  if (!fault_.ok() && taken.empty()) return fault_;
  if (nothing_helps_ && taken.empty()) {
    return absl::UnavailableError(
        "message bus: messages wait and none is delivered: may this account pull, or is the "
        "durable paused?");
  }
  return taken;
}

absl::Status NatsPullConsumer::UseCurrentLink() {
  std::shared_ptr<NatsLink> link = connection_.link();
  if (mailbox_ != nullptr && link.get() == &mailbox_->link()) return absl::OkStatus();
  mailbox_.reset();
  Forget();
  if (link == nullptr) return absl::UnavailableError("message bus: not connected");
  ASSIGN_OR_RETURN(mailbox_, Mailbox::Open(std::move(link), options_.waker));
  fault_ = absl::OkStatus();
  // A pull from a durable that is not there gets no answer: ask for its state at once.
  stall_.Suspect();
  return absl::OkStatus();
}

// The stream may be another one afterwards, where an old reply would acknowledge a message that
// nobody has seen.
void NatsPullConsumer::Forget() {
  ++epoch_;
  held_.clear();
  held_bytes_ = 0;
  window_.Reset();
}

void NatsPullConsumer::Receive(absl::Duration now) {
  mailbox_->TakeAll(arrived_);
  for (const NatsMsgPtr& message : arrived_) {
    const char* const reply = natsMsg_GetReply(message.get());
    const std::optional<AckSubject> ack = reply == nullptr ? std::nullopt : ParseAckSubject(reply);
    if (ack.has_value()) {
      window_.OnDelivery();
      stall_.OnDelivery(now);
      Hold(ToDelivery(message.get(), *ack, epoch_));
      continue;
    }
    const absl::string_view token = mailbox_->TokenOf(natsMsg_GetSubject(message.get()));
    if (token == kStateToken) {
      ReceiveState(now, message.get());
    } else {
      ReceiveStatus(now, token, message.get());
    }
    if (mailbox_ == nullptr) return;
  }
}

void NatsPullConsumer::Hold(Delivery delivery) {
  fault_ = absl::OkStatus();
  nothing_helps_ = false;
  delivered_since_asked_ = true;
  deliveries_.Increment();
  if (delivery.delivery_count > 1) redeliveries_.Increment();
  held_bytes_ += delivery.message.payload.size();
  held_.push_back(std::move(delivery));
}

void NatsPullConsumer::ReceiveStatus(absl::Duration now, absl::string_view token,
                                     natsMsg* message) {
  uint64_t number;
  if (!absl::SimpleAtoi(token, &number)) return;
  size_t undelivered;
  const bool said = absl::SimpleAtoi(HeaderOf(message, "Nats-Pending-Messages"), &undelivered);
  window_.OnEnd(number, said ? std::make_optional(undelivered) : std::nullopt);
  const absl::string_view description = HeaderOf(message, "Description");
  // The server took larger messages once than it takes now, and one of them is next.
  const bool too_small = description == kTooLarge && !delivered_since_asked_;
  request_bytes_ = too_small ? std::min(2 * request_bytes_, kMessageBytesMax) : kRequestBytes;
  if (IsOrdinaryPullEnd(HeaderOf(message, "Status"), description)) return;
  if (description == "Consumer Deleted") Forget();  // Another may have its name a moment later.
  window_.PauseUntil(now + kPauseAfterTrouble);
  stall_.Suspect();
}

void NatsPullConsumer::ReceiveState(absl::Duration now, natsMsg* message) {
  if (natsMsg_IsNoResponders(message)) {
    fault_ = absl::UnavailableError("message bus: JetStream is off or starting");
    return;
  }
  const absl::StatusOr<nlohmann::json> info = ParseApiAnswer(DataOf(message));
  if (!info.ok()) {
    if (absl::IsNotFound(info.status())) Forget();
    fault_ = info.status();
    return;
  }
  if (!std::exchange(fault_, absl::OkStatus()).ok()) window_.Reset();
  const bool due = IntField(*info, "num_pending") > 0 &&
                   IntField(*info, "num_ack_pending") <
                       IntField(ObjectField(*info, "config"), "max_ack_pending");
  if (!due) nothing_helps_ = false;
  Remedy(stall_.OnState(now, due && window_.outstanding() > 0));
}

void NatsPullConsumer::Remedy(StallWatch::Remedy remedy) {
  const char* step = nullptr;
  switch (remedy) {
    case StallWatch::Remedy::kNone:
      return;
    case StallWatch::Remedy::kPull:
      step = "pull";
      window_.Reset();
      break;
    case StallWatch::Remedy::kSubscribe:
      step = "subscribe";
      window_.Reset();
      mailbox_.reset();
      break;
    case StallWatch::Remedy::kReconnect:
      step = "reconnect";
      nothing_helps_ = true;
      connection_.Drop(mailbox_->link(), "deliveries stalled");
      break;
  }
  metrics_
      .AddCounter("tally_bus_stalls_total",
                  "Remedies for a consumer that had messages waiting and got none.",
                  {{"step", step}})
      .Increment();
}

std::vector<Delivery> NatsPullConsumer::HandOut(size_t max, size_t bytes_max) {
  std::vector<Delivery> taken;
  size_t bytes = 0;
  while (taken.size() < max && !held_.empty()) {
    const size_t next = held_.front().message.payload.size();
    if (!taken.empty() && bytes + next > bytes_max) break;
    bytes += next;
    taken.push_back(std::move(held_.front()));
    held_.pop_front();
  }
  held_bytes_ -= bytes;
  return taken;
}

void NatsPullConsumer::Ask(absl::Duration now) {
  if (mailbox_ == nullptr) return;
  if (!fault_.ok()) stall_.Suspect();
  if (stall_.AskNow(now)) {
    Send(state_subject_, kStateToken, "");
  }
  if (!fault_.ok()) return;
  if (window_.outstanding() == 0) stall_.OnAskedAnew(now);
  if (const auto request = window_.Next(now, held_.size(), held_bytes_); request.has_value()) {
    const int64_t max_bytes = std::max(request_bytes_, mailbox_->link().max_payload() + (64 << 10));
    delivered_since_asked_ = false;
    const std::string body = absl::StrCat(
        "{\"batch\":", request->batch, ",\"expires\":", absl::ToInt64Nanoseconds(kRequestExpires),
        ",\"max_bytes\":", max_bytes, "}");
    Send(pull_subject_, absl::StrCat(request->token), body);
  }
}

void NatsPullConsumer::Ack(absl::Span<const Delivery> deliveries) { Reply(deliveries, "+ACK"); }

void NatsPullConsumer::Nak(absl::Span<const Delivery> deliveries, absl::Duration delay) {
  Reply(deliveries, absl::StrCat("-NAK {\"delay\":", absl::ToInt64Nanoseconds(delay), "}"));
}

void NatsPullConsumer::InProgress(absl::Span<const Delivery> deliveries) {
  Reply(deliveries, "+WPI");
}

void NatsPullConsumer::Reply(absl::Span<const Delivery> deliveries, absl::string_view word) {
  if (mailbox_ == nullptr) return;
  for (const Delivery& delivery : deliveries) {
    if (delivery.epoch != epoch_) continue;
    if (!Send(delivery.reply, "", word)) return;
  }
}

bool NatsPullConsumer::Send(const std::string& subject, absl::string_view token,
                            absl::string_view payload) {
  const std::string address = token.empty() ? "" : mailbox_->Address(token);
  const natsStatus status = mailbox_->link().Publish(subject, address, payload);
  if (status == NATS_OK) return true;
  connection_.Drop(mailbox_->link(), absl::StrCat("pull: ", natsStatus_GetText(status)));
  return false;
}

}  // namespace tally::bus
