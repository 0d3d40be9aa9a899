#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/bus/bus.h"
#include "common/outbox/handover.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/relay_lane.h"
#include "common/outbox/stream_publisher.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct RelayOptions {
  StreamPublisherOptions publisher = {};
  absl::Duration renew_every = absl::Seconds(1);
  absl::Duration cursor_every = absl::Milliseconds(100);
  absl::Duration session_timeout = absl::Seconds(1);  // waiting for a session of the database
  int64_t read_bytes_max = 4 << 20;                   // payloads read from the table at a time
  int refusals_max = 3;                               // attempts before an event is parked
  base::BackoffPolicy refusal_backoff = {.initial = absl::Milliseconds(200), .max = absl::Seconds(5)};
};

// Publishes every lane whose lease this process holds, in sequence order: its own writers' lanes and those it takes over
// (close first, then drain).
//
// Guarantees: an event counts as published only after JetStream acknowledged it or it is parked; published_through only
// rises; what a crash leaves between acknowledgement and cursor is published twice and dropped by consumers. Memory is
// flat however many events wait: the head of a lane is a level, the events handed over are only a cache in front of range
// reads from the cursor to the head.
//
//   bus away, stream full, no permission → nothing is counted, back off, alarm (tally_relay_stalled); leases stay renewed
//   this event refused (too large) → counted, back off, parked with the cursor in one transaction; the others go on
//   database away → what is in memory is published, the rest waits; leases may expire: others then close and drain our lanes
//   lease lost    → that lane is no longer ours to publish; its writer finds it closed and opens another
//   a new event is a duplicate → alarm if its lane is still open (tally_relay_unexpected_duplicates_total): the stream
//     has other events under our lane's name
//
// Every completed step renews the leases that are due, whatever else it met. Steps and Stop belong to one thread; a step
// blocks only on the database and for declare_timeout.
class Relay {
 public:
  // `waker` is also called, from any thread, by the bus when results have come.
  Relay(RelayOptions options, LaneStore& lanes, Handover& handover, bus::Bus& bus, bus::Waker waker,
        base::Clock& clock, telemetry::Telemetry& telemetry);

  // One round: news and results → leases and take-overs → refusals → cursors → publish. Returns how long it may rest unless woken.
  absl::Duration Step();

  // All lanes held are closed and published.
  bool Drained() const { return lanes_.empty() && handover_.empty(); }
  bool stalled() const { return publisher_.stalled(); }

  // Writes the last cursors and gives the leases up. The last call; best effort until `deadline`.
  void Stop(absl::Time deadline);

 private:
  using LanePtr = std::shared_ptr<RelayLane>;
  struct Refusal {
    int attempts = 0;
    bool held = false;  // waits for retry_at
    absl::Time retry_at;
    std::string error;
  };

  void TakeNews();
  LanePtr NewLane(const LaneStatus& status) const;
  void TakeResults();
  void Refused(const StreamPublisher::Result& result);
  void CheckDuplicate(RelayLane& lane);

  void KeepLeases();
  void Renew();
  void TakeOverExpired();
  void ReportLag();
  void Drop(const std::string& lane_id);

  void SettleRefusals();
  absl::Status Park(RelayLane& lane, int64_t sequence, const Refusal& refusal);
  void SaveCursors(absl::Time deadline);

  void Publish();
  std::vector<LanePtr> LanesWithEventsToSend();
  void PublishLane(const LanePtr& lane, int64_t count);
  void DropBelow(RelayLane& lane, int64_t sequence);
  // Both return how many events of the run they dealt with; 0: no more for now.
  int64_t SendFromCache(const LanePtr& lane, base::SequenceRange run);
  int64_t SendFromTable(const LanePtr& lane, base::SequenceRange run);
  std::vector<OutboxEvent> ReadTable(RelayLane& lane, base::SequenceRange run);

  absl::Duration Rest();
  void NoteDatabase(const absl::Status& status);
  absl::Time SessionDeadline() { return wall_clock_.Now() + options_.session_timeout; }

  const RelayOptions options_;
  LaneStore& store_;
  Handover& handover_;
  base::Clock& wall_clock_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  telemetry::Gauge& lanes_gauge_;
  telemetry::Gauge& lag_events_;
  telemetry::Gauge& lag_seconds_;
  telemetry::Counter& parked_total_;
  telemetry::Counter& takeovers_total_;
  telemetry::Counter& unexpected_duplicates_total_;
  StreamPublisher publisher_;

  std::map<std::string, LanePtr> lanes_;  // by id
  std::map<std::pair<std::string, int64_t>, Refusal> refusals_;  // by lane and sequence
  absl::Time renew_at_ = absl::InfinitePast();
  absl::Time save_at_ = absl::InfinitePast();
  size_t turn_ = 0;  // which lane comes first
  bool database_failed_ = false;
};

}  // namespace tally::outbox
