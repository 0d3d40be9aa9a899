#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/inbox/comparison.h"
#include "common/inbox/fetcher.h"
#include "common/inbox/finding.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/pause.h"
#include "common/inbox/producer.h"
#include "common/inbox/wanted_ranges.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct HealerOptions {
  std::string holder;          // names this life of this process; unique
  bus::DurableConfig durable;  // as declared; its description names the database it feeds
  absl::Duration every = absl::Seconds(10);
  absl::Duration every_lane_every = absl::Hours(1);
  // After a round that failed otherwise than by applying: another replica may reach whom this one
  // does not, and looks for the lease every two seconds.
  absl::Duration yield_for = absl::Seconds(3);
  absl::Duration bus_timeout = absl::Seconds(1);
  absl::Duration session_timeout = absl::Seconds(5);
};

// Finds what was published and never came, and fetches it from the producers' databases: an
// acknowledgement of JetStream is not the end of an event's way. One replica at a time heals.
//
// A round, in this order, because another order would take what is still on its way for lost:
//   1. read the own watermarks
//   2. ask each producer how far its lanes are published
//   3. read the stream's last sequence and when it was created
//   4. wait until, in the same stream, all up to there was acknowledged, or nothing is pending and
//      nothing awaits acknowledgement, or nothing is delivered any more to who would take it; in
//      another stream: begin again
//   5. what (2) says is published and is not covered now is missing: ask the producer for it, apply
//      its events through the inbox, and keep what it says of the others as findings
// Lanes never heard of, lost tails, purged streams and a wiped broker are all this one case.
//
//   producer does not answer → what is missing stands as unanswered; asked again next round
//   no producer answers, or the bus does not → the lease is given up: another may reach them
//   answers from another database than the one remembered → alarm, nothing of it is used
//   producer lacks what was covered here → a finding with exact bounds: it has lost history. All
//     lanes are compared at start, hourly, and when others are open, or have rows, than before
//   stream lost, with a part of its disk, what the durable is to deliver again → such a durable
//     delivers nothing any more: all that is published is fetched, late; log and alarm say so
//   own database away, events that cannot be applied → the round ends, and begins again soon
//   another replica took over → the round ends without a word, and what is found is its to say
//   durable feeds another database → nothing is healed: its acknowledgements are another's
//
// Health says what is found ("missing"). Metrics: tally_healing_findings{verdict} (events),
// tally_healing_events_total, tally_healing_source_silent{source},
// tally_healing_other_database{source}, tally_healing_durable_stuck. One thread at a time; blocks
// on the bus, the producers and the database for their timeouts.
class Healer {
 public:
  // All must outlive it.
  Healer(HealerOptions options, std::vector<Fetcher>& fetchers, HealingStore& store, bus::Bus& bus,
         base::Clock& clock, telemetry::Telemetry& telemetry);

  // Returns how long it may rest.
  absl::Duration Step();
  // Gives the lease up.
  void Stop();
  // The durable delivers nothing any more, as far as this instance heals. Thread-safe.
  bool durable_stuck() const { return stuck_.Value() != 0; }

 private:
  enum class Phase { kResting, kWaiting, kFetching };

  // When one of them changes, all lanes are compared: a producer that went back in time opens
  // another lane, and may lack one.
  struct KnownLanes {
    std::set<std::string> consumers;  // of which something is covered
    std::set<std::string> producers;  // open, or with rows left
    bool operator==(const KnownLanes&) const = default;
  };

  struct Source {
    explicit Source(Fetcher& of) : fetcher(of) {}

    Fetcher& fetcher;
    std::map<std::string, int64_t> published_through;  // as last stored
    KnownLanes known_lanes;                            // as last told
    // Of this round.
    bool answered = false;
    std::vector<Extent> lanes;
    CoveredLanes covered_before;
    std::vector<Finding> before;  // what was known
    std::vector<Finding> kept;    // of it, what this round does not look at, and what is lost
    std::vector<Finding> known;   // what the producer said in this round
    WantedRanges uncovered;
    WantedRanges to_ask;
  };

  absl::Status Advance(absl::Time now);
  absl::Status BeginRound(absl::Time now);
  absl::Status AskForLanes(Source& source);
  absl::Status CompareAll(absl::Time now);
  absl::Status Compare(db::Transaction& transaction, Source& source, absl::Time now);
  absl::Status Wait(absl::Time now);
  absl::StatusOr<bool> AllArrived(absl::Time now);
  void Moved(const bus::DurableState& durable, absl::Time now);
  bool Stuck(const bus::DurableState& durable, absl::Time now);
  absl::Status Fetch();
  absl::Status EndRound(absl::Time now);
  absl::Status Save(Source& source, absl::Time now);

  void Recover(absl::Time now);
  void Yield(absl::Time now);  // the lease, for others to try
  void SayNothing();
  telemetry::Gauge& FindingsGauge(Finding::Verdict verdict);
  static void TakeDown(Source& source, const Producer::RangeAnswer& answer);
  void Show();
  absl::Time Deadline() { return clock_.Now() + options_.session_timeout; }
  absl::Time BusDeadline() { return clock_.Now() + options_.bus_timeout; }

  const HealerOptions options_;
  HealingStore& store_;
  bus::Bus& bus_;
  base::Clock& clock_;
  telemetry::Telemetry& telemetry_;

  std::vector<Source> sources_;
  Phase phase_ = Phase::kResting;
  Pause rest_;
  bool failing_ = false;
  bool leading_ = false;
  absl::Time lease_renewed_ = absl::InfinitePast();
  absl::Time every_lane_at_ = absl::InfinitePast();
  bool every_lane_ = false;  // in this round
  bus::StreamState stream_;  // at step 3
  Pause told_;               // the durable of all that it holds
  bus::DurableState moved_;  // the durable, when it last moved
  Pause still_;              // since then
  telemetry::Gauge& stuck_;
  int64_t fetched_ = 0;  // events, in this round
  std::map<Finding::Verdict, int64_t> shown_;
  struct Detail {
    absl::Mutex mutex;
    std::string text ABSL_GUARDED_BY(mutex);
  };
  const std::shared_ptr<Detail> detail_ = std::make_shared<Detail>();  // health may outlive this
};

}  // namespace tally::inbox
