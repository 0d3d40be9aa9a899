#include "client/audit/lane_ledger.h"

#include <algorithm>

namespace tally::client {
namespace {

using ops::v1::CoveredRange;
using ops::v1::Lane;
using ops::v1::Watermark;

// Events covered of 1 … through.
int64_t CoveredThrough(const Watermark& watermark, int64_t through) {
  int64_t covered = std::min(watermark.applied_through(), through);
  for (const CoveredRange& range : watermark.ranges()) {
    const int64_t last = std::min(range.last_sequence(), through);
    covered += std::max<int64_t>(0, last - range.first_sequence() + 1);
  }
  return covered;
}

// Whether the ranges that are not there lie above `through`.
bool KnownThrough(const Watermark& watermark, int64_t through) {
  if (watermark.range_count() == watermark.ranges_size()) return true;
  return watermark.ranges_size() > 0 &&
         watermark.ranges(watermark.ranges_size() - 1).last_sequence() >= through;
}

// A lane as it stands when `written` events of it have to be covered.
LaneEntry Compare(const Watermark& watermark, const Lane& lane, int64_t written) {
  LaneEntry entry;
  entry.open = lane.state() == Lane::STATE_OPEN;
  entry.known_to_producer = !lane.lane_id().empty();
  entry.written = written;
  entry.published = std::min(lane.published_through(), written);
  entry.covered = CoveredThrough(watermark, written);
  entry.retrying = watermark.retrying_letters();
  entry.dead = watermark.dead_letters();
  entry.given_up = watermark.letters() - watermark.retrying_letters() - watermark.dead_letters() +
                   watermark.skipped_events();
  const int64_t of_published = entry.published - CoveredThrough(watermark, entry.published);
  entry.parked = std::min(lane.parked_events(), of_published);
  entry.missing = of_published - entry.parked;
  entry.unpublished = written - entry.covered - of_published;
  if (watermark.highest_sequence() > lane.head_sequence()) {
    const int64_t above =
        watermark.covered_events() - CoveredThrough(watermark, lane.head_sequence());
    entry.lost = std::max<int64_t>(0, above - watermark.accepted_events());
  }
  return entry;
}

}  // namespace

void LaneEntry::Add(const LaneEntry& other) {
  written += other.written;
  published += other.published;
  covered += other.covered;
  parked += other.parked;
  retrying += other.retrying;
  dead += other.dead;
  given_up += other.given_up;
  unpublished += other.unpublished;
  missing += other.missing;
  lost += other.lost;
}

bool LaneLedger::Note(const std::string& lane_id, const Watermark* watermark, const Lane* lane) {
  const auto followed = entries_.find(lane_id);
  if (!first_walk_ && (followed == entries_.end() || followed->second.matches())) return true;
  const Watermark& half = watermark != nullptr ? *watermark : Watermark::default_instance();
  const Lane& other_half = lane != nullptr ? *lane : Lane::default_instance();
  if (!KnownThrough(half, other_half.head_sequence())) return false;
  const int64_t written = first_walk_ ? other_half.head_sequence() : followed->second.written;
  Keep(lane_id, Compare(half, other_half, written));
  return true;
}

void LaneLedger::Keep(const std::string& lane_id, const LaneEntry& entry) {
  entries_.erase(lane_id);
  if (keep_all_ || entry.open || !entry.matches()) {
    entries_.emplace(lane_id, entry);
  } else {
    ++other_lanes_;
    others_.Add(entry);
  }
}

LaneEntry LaneLedger::Total() const {
  LaneEntry total = others_;
  for (const auto& [lane_id, entry] : entries_) total.Add(entry);
  return total;
}

}  // namespace tally::client
