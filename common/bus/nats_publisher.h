#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/mailbox.h"
#include "common/bus/nats_connection.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

// Publishes with a reply subject of its own, whose last token is the message's number. What settles
// a message: its answer, the acknowledgement timeout, or the end of the link it was sent on,
// whichever comes first; the others find it settled.
//
// Timeouts and lost links are found by TakeResults; the waker is called for answers and when the
// connection changes, so a caller that also looks once a second misses nothing.
class NatsPublisher final : public Publisher {
 public:
  NatsPublisher(NatsConnection& connection, PublisherOptions options, telemetry::Metrics& metrics);
  ~NatsPublisher() override;

  absl::Status Publish(uint64_t token, const Message& message,
                       const std::string& message_id) override;
  void Flush() override;
  std::vector<PublishResult> TakeResults() override;

 private:
  struct Sent {
    uint64_t token;
    absl::Duration deadline;  // base::MonotonicNow()
    bool settled;
  };

  absl::Status UseCurrentLink();
  NatsMsgPtr Encode(const Message& message, const std::string& message_id) const;
  void ReceiveAnswers();
  void ExpireUnanswered();
  void Settle(uint64_t number, PublishResult result);
  void SettleAll(const std::string& error);
  void DropSettled();
  void AddResult(PublishResult result);

  NatsConnection& connection_;
  const PublisherOptions options_;
  std::array<telemetry::Counter*, 4> outcomes_;  // by PublishOutcome
  std::unique_ptr<Mailbox> mailbox_;             // of the link in use; null: none
  std::deque<Sent> sent_;  // numbered on from first_number_; the first is never settled
  uint64_t first_number_ = 1;
  size_t buffered_bytes_ = 0;  // about; since the last flush
  std::vector<PublishResult> results_;
  std::vector<NatsMsgPtr> answers_;  // kept for its capacity
  int64_t listener_;
};

}  // namespace tally::bus
