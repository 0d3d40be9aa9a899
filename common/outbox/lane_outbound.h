#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "common/base/sequence_set.h"

namespace tally::outbox {

// How far one lane is on its way to the bus: which sequences are to be sent, sent, published, held
// back. Pure; a value; not thread-safe. Memory is a byte for each sequence from published_through
// to the last one sent, at most window_max.
class LaneOutbound {
 public:
  LaneOutbound(int64_t published_through, int64_t head, size_t window_max);

  // The last sequence there is to publish. Lowered only when the database went back in time.
  int64_t head() const { return head_; }
  void set_head(int64_t head) { head_ = head; }

  // Every sequence up to it is published.
  int64_t published_through() const { return published_through_; }
  bool done() const { return published_through_ >= head_; }

  // The lowest run of sequences to send now, at most count_max (at least 1) long; none when all are
  // sent or the window is full.
  std::optional<base::SequenceRange> NextRun(int64_t count_max);

  // The sequence of a run was given to the bus. Returns whether this is its first time here.
  bool Sent(int64_t sequence);
  // What became of a sequence that was sent or held; once is enough, repetitions are ignored.
  void Published(int64_t sequence);
  void SendAgain(int64_t sequence);
  void Hold(int64_t sequence);
  // Somebody else has published all up to it, sent here or not.
  void PublishedElsewhere(int64_t through);

  // What published_through() will be when this sequence is published too.
  int64_t ThroughIfPublished(int64_t sequence) const;

 private:
  enum class State : char { kToSend, kInFlight, kHeld, kPublished };

  // Null below published_through_ + 1 and where nothing was sent yet.
  State* Find(int64_t sequence);
  const State* Find(int64_t sequence) const;
  void DropPublished();

  const size_t window_max_;
  int64_t head_;
  int64_t published_through_;
  int64_t highest_sent_;
  int64_t next_;              // nothing below it is to be sent
  std::deque<State> window_;  // window_[0] is published_through_ + 1
};

}  // namespace tally::outbox
