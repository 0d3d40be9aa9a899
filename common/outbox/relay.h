#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/bus/bus.h"
#include "common/outbox/failure_log.h"
#include "common/outbox/handover.h"
#include "common/outbox/held_lanes.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/parked_retrier.h"
#include "common/outbox/parked_store.h"
#include "common/outbox/relay_condition.h"
#include "common/outbox/relay_lane.h"
#include "common/outbox/relay_pace.h"
#include "common/outbox/stream_publisher.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct RelayOptions {
  StreamPublisherOptions publisher = {};
  HeldLanesOptions lanes = {};
  ParkedRetrierOptions parked = {};  // its back-off is taken from below
  RelayPaceOptions pace = {};
  int message_events_max = 256;          // events that may travel in one message; 1: each alone
  size_t message_bytes_max = 128 << 10;  // payloads of several events in one message
  int64_t read_bytes_max = 4 << 20;      // payloads read from the table at a time
  int refusals_max = 3;                  // attempts before an event is parked
  base::BackoffPolicy refusal_backoff = {.initial = absl::Milliseconds(200),
                                         .max = absl::Seconds(5)};
};

// Publishes every lane whose lease this process holds, in sequence order: its own writers' lanes
// and those it takes over (close first, then drain).
//
// Guarantees: an event counts as published only after JetStream acknowledged it or it is parked;
// published_through only rises; what a crash leaves between acknowledgement and cursor is published
// twice and dropped by consumers. Memory is flat however many events wait: the head of a lane is a
// level, the events handed over are only a cache in front of range reads from the cursor to it.
//
//   bus away, stream full, no permission
//     nothing is counted; backs off, alarms (tally_relay_stalled); leases stay renewed
//   this event refused (too large)
//     counted, backed off, parked with the cursor in one transaction; the others go on. Of events
//     that shared a refused message each is first tried alone
//   database away
//     what is in memory is published, the rest waits; leases may expire, and others then close and
//     drain our lanes
//   lease lost
//     the lane is no longer ours to publish; its writer finds it closed and opens another
//   a parked event is asked for
//     published again, by any instance, see ParkedRetrier
//   a new event is a duplicate, and its lane is open
//     alarm (tally_relay_unexpected_duplicates_total): the stream has other events under our name
//
// Every completed step renews the leases that are due, whatever else it met. Steps and Stop belong
// to one thread; a step blocks only on the database and, when it declares the stream, on the bus.
class Relay {
 public:
  // `waker` is called by the bus, from any thread, when results have come.
  Relay(RelayOptions options, LaneStore& store, ParkedStore& parked, Handover& handover,
        bus::Bus& bus, bus::Waker waker, base::Clock& clock, telemetry::Telemetry& telemetry);

  // One round: news and results → leases and take-overs → refusals → cursors → publish → parked
  // events. Returns how long it may rest unless woken.
  absl::Duration Step();
  // How long to rest in any case, so that events gather.
  absl::Duration pace() const { return pace_.Rest(); }

  // All lanes held are closed and published.
  bool Drained() const { return held_.lanes().empty() && handover_.empty(); }
  bool stalled() const { return publisher_.stalled(); }
  // Thread-safe.
  bus::DeclarationState declaration() const { return publisher_.declaration(); }

  // As of the last step. Thread-safe.
  RelayCondition GetCondition() const;

  // Writes the last cursors and gives the leases up. The last call; best effort until `deadline`.
  void Stop(absl::Time deadline);

 private:
  using LanePtr = HeldLanes::LanePtr;
  struct Refusal {
    int attempts = 0;
    bool held = false;  // waits for retry_at
    absl::Time retry_at;
    std::string error;
  };

  void TakeResults();
  void Published(RelayLane& lane, base::SequenceRange sequences);
  void SendAgain(RelayLane& lane, base::SequenceRange sequences);
  void Refused(const StreamPublisher::Result& result);
  void CheckDuplicate(RelayLane& lane);
  void ShowCondition();
  void SettleRefusals();
  // Returns whether there is nothing left to do about it.
  bool Settle(RelayLane& lane, int64_t sequence, Refusal& refusal);
  absl::Status Park(RelayLane& lane, int64_t sequence, const Refusal& refusal);

  void Publish();
  std::vector<LanePtr> LanesWithEventsToSend();
  // Sends at most so many messages.
  void PublishLane(const LanePtr& lane, size_t messages);
  // Sends what `events` holds of the run, in order, from its beginning. Returns how many messages
  // that were; 0: no more for now.
  size_t SendRun(const LanePtr& lane, std::deque<OutboxEvent>& events, base::SequenceRange run,
                 size_t messages);
  std::vector<OutboxEvent> TakeTogether(const RelayLane& lane, std::deque<OutboxEvent>& events,
                                        int64_t last) const;
  void DropBelow(RelayLane& lane, int64_t sequence);
  std::deque<OutboxEvent> ReadTable(RelayLane& lane, base::SequenceRange run);
  // The table lacks this event. Whether it was published, and trimmed, by another who held the lane
  // and learned late that it does no more; then all that was is left out.
  bool FindPublished(RelayLane& lane, int64_t sequence);

  absl::Duration Rest();

  const RelayOptions options_;
  LaneStore& store_;
  Handover& handover_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  telemetry::Counter& parked_total_;
  telemetry::Counter& unexpected_duplicates_total_;
  FailureLog read_failures_;
  HeldLanes held_;
  StreamPublisher publisher_;
  ParkedRetrier parked_;
  std::map<std::pair<std::string, int64_t>, Refusal> refusals_;  // by lane and sequence
  RelayPace pace_;
  int64_t sent_ = 0;  // events, in this step
  size_t turn_ = 0;   // which lane comes first

  mutable absl::Mutex mutex_;
  RelayCondition condition_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::outbox
