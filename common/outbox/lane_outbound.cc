#include "common/outbox/lane_outbound.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace tally::outbox {

LaneOutbound::LaneOutbound(int64_t published_through, int64_t head, size_t window_max)
    : window_max_(window_max),
      head_(head),
      published_through_(published_through),
      highest_sent_(published_through),
      next_(published_through + 1) {}

const LaneOutbound::State* LaneOutbound::Find(int64_t sequence) const {
  const int64_t index = sequence - published_through_ - 1;
  if (index < 0 || index >= static_cast<int64_t>(window_.size())) return nullptr;
  return &window_[static_cast<size_t>(index)];
}

LaneOutbound::State* LaneOutbound::Find(int64_t sequence) {
  return const_cast<State*>(std::as_const(*this).Find(sequence));
}

std::optional<base::SequenceRange> LaneOutbound::NextRun(int64_t count_max) {
  const auto to_send = [this](int64_t sequence) {
    const State* state = Find(sequence);
    return state == nullptr || *state == State::kToSend;
  };
  const int64_t last = std::min(head_, published_through_ + static_cast<int64_t>(window_max_));
  next_ = std::max(next_, published_through_ + 1);
  while (next_ <= last && !to_send(next_)) ++next_;
  if (next_ > last) return std::nullopt;
  base::SequenceRange run = {.first = next_, .last = next_};
  while (run.last < last && run.last - run.first + 1 < count_max && to_send(run.last + 1)) {
    ++run.last;
  }
  return run;
}

bool LaneOutbound::Sent(int64_t sequence) {
  TALLY_CHECK(sequence > published_through_);
  while (Find(sequence) == nullptr) window_.push_back(State::kToSend);
  *Find(sequence) = State::kInFlight;
  const bool first_time = sequence > highest_sent_;
  highest_sent_ = std::max(highest_sent_, sequence);
  return first_time;
}

void LaneOutbound::Published(int64_t sequence) {
  if (State* state = Find(sequence); state != nullptr) *state = State::kPublished;
  DropPublished();
}

void LaneOutbound::SendAgain(int64_t sequence) {
  State* state = Find(sequence);
  if (state == nullptr || *state == State::kPublished) return;
  *state = State::kToSend;
  next_ = std::min(next_, sequence);
}

void LaneOutbound::Hold(int64_t sequence) {
  State* state = Find(sequence);
  if (state != nullptr && *state != State::kPublished) *state = State::kHeld;
}

void LaneOutbound::PublishedElsewhere(int64_t through) {
  for (; published_through_ < std::min(through, head_); ++published_through_) {
    if (!window_.empty()) window_.pop_front();
  }
  DropPublished();
}

void LaneOutbound::DropPublished() {
  while (!window_.empty() && window_.front() == State::kPublished) {
    window_.pop_front();
    ++published_through_;
  }
}

int64_t LaneOutbound::ThroughIfPublished(int64_t sequence) const {
  if (sequence != published_through_ + 1) return published_through_;
  int64_t through = sequence;
  for (const State* state = Find(through + 1); state != nullptr && *state == State::kPublished;
       state = Find(through + 1)) {
    ++through;
  }
  return through;
}

}  // namespace tally::outbox
