#include "common/inbox/freshness.h"

#include <algorithm>

namespace tally::inbox {
namespace {

constexpr size_t kMarksMax = 1024;
// JetStream acknowledges a message before its consumers have been told of it.
constexpr absl::Duration kToldWithin = absl::Milliseconds(100);

}  // namespace

void Freshness::Covered(int64_t stream_sequence, absl::Time stored) {
  if (!covered_.empty() && stream_sequence <= covered_.back().stream_sequence) return;
  covered_.push_back({stream_sequence, stored});
  if (covered_.size() > kMarksMax) covered_.pop_front();
}

void Freshness::Saw(absl::Time asked, const bus::DurableState& durable) {
  if (durable.pending == 0 && durable.ack_pending == 0)
    as_of_ = std::max(as_of_, asked - kToldWithin);
  while (!covered_.empty() &&
         covered_.front().stream_sequence <= durable.ack_floor_stream_sequence) {
    as_of_ = std::max(as_of_, std::min(asked, covered_.front().stored));
    covered_.pop_front();
  }
}

}  // namespace tally::inbox
