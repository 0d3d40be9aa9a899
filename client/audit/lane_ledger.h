#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tally/ops/v1/inbox_service.pb.h"
#include "tally/ops/v1/outbox_service.pb.h"

namespace tally::client {

// A lane with both halves held against each other, or several added up. What is written is
//
//   covered                           → counted, a letter, or given up
//   not covered, parked               → waits for an operator of the producer
//   not covered, not yet published    → on its way
//   not covered, published            → still in the stream, or missing
struct LaneEntry {
  bool open = false;
  bool known_to_producer = true;

  int64_t written = 0;
  int64_t published = 0;
  int64_t covered = 0;
  int64_t parked = 0;       // and not covered
  int64_t retrying = 0;     // letters
  int64_t dead = 0;         // letters
  int64_t given_up = 0;     // by operators: discarded letters; void, or accepted as trimmed
  int64_t unpublished = 0;  // and not covered
  int64_t missing = 0;      // published, not covered, not parked
  int64_t lost = 0;         // covered, unknown to the producer, and not accepted

  // Whether every event is counted or was given up.
  bool matches() const { return parked + retrying + dead + unpublished + missing + lost == 0; }
  // Whether time may settle something without anybody's help.
  bool may_settle() const { return retrying + unpublished + missing > 0; }

  void Add(const LaneEntry& other);
};

// Holds a consumer's watermarks against a producer's lanes while events flow. Each lane's watermark
// has to be read before the lane: then what the consumer has covered, the producer must have. Does
// no I/O; not thread-safe.
//
// The first walk over all lanes fixes how far each has to be covered: as far as it was written
// then. Lanes that are not covered so far are followed in later walks. Keeps entries of lanes that
// are open or do not match, or of all; the others are added up, so that memory does not grow with
// them.
class LaneLedger {
 public:
  explicit LaneLedger(bool keep_all) : keep_all_(keep_all) {}

  // One lane; null where a side does not have it. False: not all ranges of the watermark are there;
  // it has to be given again with all.
  bool Note(const std::string& lane_id, const ops::v1::Watermark* watermark,
            const ops::v1::Lane* lane);
  // Every lane was noted.
  void EndWalk() { first_walk_ = false; }

  // By lane.
  const std::map<std::string, LaneEntry>& entries() const { return entries_; }
  int64_t other_lanes() const { return other_lanes_; }
  const LaneEntry& others() const { return others_; }
  LaneEntry Total() const;

 private:
  void Keep(const std::string& lane_id, const LaneEntry& entry);

  const bool keep_all_;
  bool first_walk_ = true;
  std::map<std::string, LaneEntry> entries_;
  int64_t other_lanes_ = 0;
  LaneEntry others_;
};

}  // namespace tally::client
