#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/base/sequence_set.h"
#include "common/bus/bus.h"
#include "common/bus/declarer.h"
#include "common/outbox/outbox_event.h"
#include "common/outbox/relay_lane.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct StreamPublisherOptions {
  std::string source = {};  // ce-source: names the producer, a constant of its code
  bus::StreamConfig stream =
      {};  // declared when the bus is reached, takes nothing, and now and then
  size_t window_messages = 4096;      // sent and not acknowledged
  size_t window_bytes_max = 8 << 20;  // the same in bytes; one message may exceed it
  absl::Duration ack_timeout = absl::Seconds(2);
  absl::Duration declare_timeout = absl::Seconds(1);
  absl::Duration declare_every = absl::Seconds(10);  // to notice a stream that was lost or changed
  base::BackoffPolicy backoff = {.initial = absl::Milliseconds(100), .max = absl::Seconds(2)};
};

// A relay's way to the stream: sends events of lanes, keeps the window, and knows whether the bus
// takes anything at all.
//
// While the bus takes nothing (away, stream missing or full, no permission) it is stalled: after
// each back-off one message goes out as a probe, behind a new declaration of the stream; the first
// acknowledgement ends it. Nothing is counted against an event meanwhile. One thread at a time;
// blocks only for declare_timeout, when declaring.
class StreamPublisher {
 public:
  StreamPublisher(StreamPublisherOptions options, bus::Bus& bus, bus::Waker waker,
                  base::Clock& clock, telemetry::Telemetry& telemetry);

  // Declares the stream when it is due, whether or not there is anything to send.
  void KeepDeclared();
  // How many messages may be sent now. To be asked only when there is something to send.
  size_t Room();
  // Sends consecutive events of one subject and type, at least one, in one message. False: not
  // sent, and nothing more will be for now.
  bool Send(const std::shared_ptr<RelayLane>& lane, std::vector<OutboxEvent> events);
  void Flush() { publisher_->Flush(); }

  struct Result {
    std::shared_ptr<RelayLane> lane;
    base::SequenceRange sequences;  // of the message's events
    bus::PublishOutcome outcome;
    std::string error;
    bool first_time;             // this process never sent any of them before
    bool may_be_stored = false;  // kUnavailable, and nobody said that the stream does not have it
  };
  std::vector<Result> TakeResults();

  bool stalled() const { return stalled_; }
  // Thread-safe.
  bus::DeclarationState declaration() const { return declarer_.state(); }
  // Since when, and why; InfiniteFuture() and empty while it is not.
  absl::Time stalled_since() const { return stalled_since_; }
  const std::string& stalled_by() const { return stalled_by_; }
  // When there may be results although nobody was woken for them (time-outs), or room.
  absl::Time next_try(bool something_to_send);

 private:
  struct Sent {
    std::shared_ptr<RelayLane> lane;
    base::SequenceRange sequences;
    size_t bytes;
    bool first_time;
  };

  bool Reachable();
  // Until a result comes in.
  bool Full() const;
  void Stall(absl::string_view why);
  void Recover();

  const StreamPublisherOptions options_;
  bus::Bus& bus_;
  base::Clock& wall_clock_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  telemetry::Gauge& stalled_gauge_;
  telemetry::Counter& published_total_;

  const std::unique_ptr<bus::Publisher> publisher_;
  absl::flat_hash_map<uint64_t, Sent> in_flight_;  // by token
  size_t in_flight_bytes_ = 0;
  std::vector<Result> results_;  // of messages that never left
  bool refused_more_ = false;    // the bus' own window was full before ours
  uint64_t last_token_ = 0;

  bool connected_ = false;
  bus::Declarer declarer_;
  base::Backoff undeclared_;
  absl::Time declare_at_ = absl::InfinitePast();
  bool stalled_ = false;
  absl::Time stalled_since_ = absl::InfiniteFuture();
  std::string stalled_by_;
  std::optional<uint64_t> probe_;  // the token on its way while stalled
  absl::Time retry_at_ = absl::InfinitePast();
  base::Backoff backoff_;
};

}  // namespace tally::outbox
