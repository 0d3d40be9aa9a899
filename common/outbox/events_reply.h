#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/outbox/outbox_event.h"
#include "common/outbox/range_verdict.h"
#include "tally/events/v1/healing.pb.h"

namespace tally::outbox {

// Fills an answer with verdicts, and with events as the relay would publish each of them alone, for
// as long as they fit into `bytes_max` and `events_max`. An event that would not fit even alone is
// left out. Pure; not thread-safe.
class EventsReply {
 public:
  // Adds to `reply`.
  EventsReply(std::string source, int64_t bytes_max, int64_t events_max,
              events::v1::HealEventsReply& reply);

  // `events` holds those of the verdict, among others, ascending. What does not fit is left out,
  // and all that comes after it: the answer is full then.
  void Add(const std::string& lane_id, const RangeVerdict& verdict,
           const std::vector<OutboxEvent>& events);

  bool full() const { return full_; }
  bool left_out() const { return left_out_; }  // whether any event is too large
  int64_t events() const { return events_; }
  // How many events, and payload bytes, are worth reading; at least 1.
  int64_t events_left() const;
  int64_t bytes_left() const;
  // Whether there may be more than `events`, read within these limits.
  bool MayBeCutShort(const std::vector<OutboxEvent>& events) const;

 private:
  void AddEvents(const std::string& lane_id, base::SequenceRange range,
                 const std::vector<OutboxEvent>& events);
  void AddVerdict(const std::string& lane_id, base::SequenceRange range,
                  events::v1::RangeVerdict::Verdict verdict, const std::string& reason);
  bool Fits(int64_t bytes);

  const std::string source_;
  const int64_t bytes_max_;
  const int64_t events_max_;
  events::v1::HealEventsReply& reply_;
  int64_t bytes_ = 0;
  int64_t events_ = 0;
  bool full_ = false;
  bool left_out_ = false;
};

}  // namespace tally::outbox
