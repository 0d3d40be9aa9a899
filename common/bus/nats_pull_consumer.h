#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/mailbox.h"
#include "common/bus/nats_connection.h"
#include "common/bus/pull_window.h"
#include "common/bus/stall_watch.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

// The pull loop, advanced by Take. Requests are published with a reply token each; deliveries, the
// ends of requests and answers about the durable's state come into one mailbox and are sorted
// there.
//
//   link lost              → what is held is forgotten (it comes again after ack_wait); subscribe
//                            on the next link
//   durable or stream gone → NOT_FOUND until the durable answers again; what is held is forgotten
//   JetStream off          → UNAVAILABLE until it answers again
//   messages wait unsent   → StallWatch: pull again, subscribe again, reconnect
class NatsPullConsumer final : public PullConsumer {
 public:
  NatsPullConsumer(NatsConnection& connection, PullConsumerOptions options,
                   telemetry::Metrics& metrics);
  ~NatsPullConsumer() override;

  absl::StatusOr<std::vector<Delivery>> Take(size_t max, size_t bytes_max) override;
  void Ack(absl::Span<const Delivery> deliveries) override;
  void Nak(absl::Span<const Delivery> deliveries, absl::Duration delay) override;
  void InProgress(absl::Span<const Delivery> deliveries) override;

 private:
  absl::Status UseCurrentLink();
  void Forget();
  void Receive(absl::Duration now);
  void ReceiveStatus(absl::Duration now, absl::string_view token, natsMsg* message);
  void ReceiveState(absl::Duration now, natsMsg* message);
  void Hold(Delivery delivery);
  std::vector<Delivery> HandOut(size_t max, size_t bytes_max);
  void Ask(absl::Duration now);
  void Remedy(StallWatch::Remedy remedy);
  void Reply(absl::Span<const Delivery> deliveries, absl::string_view word);
  // `token`: whose answers come to the mailbox; empty: none does.
  bool Send(const std::string& subject, absl::string_view token, absl::string_view payload);

  NatsConnection& connection_;
  const PullConsumerOptions options_;
  const std::string pull_subject_;
  const std::string state_subject_;
  telemetry::Metrics& metrics_;
  telemetry::Counter& deliveries_;
  telemetry::Counter& redeliveries_;

  std::unique_ptr<Mailbox> mailbox_;  // of the link in use; null: none
  uint64_t epoch_ = 0;     // changes whenever replies to earlier deliveries lose their meaning
  int64_t request_bytes_;  // what the next request may bring; no less than the largest message
  bool delivered_since_asked_ = false;
  PullWindow window_;
  StallWatch stall_;
  absl::Status fault_;
  bool nothing_helps_ = false;  // all remedies were tried, and messages still wait
  std::deque<Delivery> held_;
  size_t held_bytes_ = 0;
  std::vector<NatsMsgPtr> arrived_;  // kept for its capacity
  int64_t listener_;
};

}  // namespace tally::bus
