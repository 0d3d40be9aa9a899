// A producer's answer in binary protobuf, behind a byte that says to what: a HealLanesReply, whose
// next page is empty, or a HealEventsReply; or a consumer's question, a HealEventsRequest.

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/inbox/arrival.h"
#include "common/inbox/comparison.h"
#include "common/inbox/producer.h"
#include "common/outbox/range_verdict.h"
#include "tally/events/v1/healing.pb.h"
#include "tests/fuzz/answering_bus.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using inbox::Extent;
using inbox::LaneRange;
using inbox::Producer;

constexpr char kSource[] = "order_service";
constexpr char kLaneA[] = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e";
constexpr char kLaneB[] = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5f";
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
constexpr size_t kRangesMax = 1'000;

std::vector<LaneRange> Asked() {
  return {{kLaneA, {1, 3}}, {kLaneA, {7, 7}}, {kLaneB, {1, kLast}}};
}

// Of every other lane this consumer has covered a part, and more of one than there is.
inbox::CoveredLanes SomeCovered(const std::vector<Extent>& lanes) {
  inbox::CoveredLanes covered;
  for (size_t i = 0; i < lanes.size(); i += 2) {
    base::SequenceSet& lane = covered[lanes[i].lane_id];
    lane.Add({1, 2});
    lane.Add({5, 9});
  }
  return covered;
}

void CheckUncovered(const std::vector<Extent>& lanes, const inbox::CoveredLanes& covered) {
  const inbox::WantedRanges uncovered = inbox::Uncovered(lanes, covered, kRangesMax);
  TALLY_CHECK(uncovered.events() >= 0);
  const auto findings = inbox::ToFindings(kSource, uncovered, {}, absl::UnixEpoch());
  TALLY_CHECK(findings.size() == uncovered.ranges());
  inbox::CoveredLanes settled = covered;
  for (const inbox::Finding& finding : findings) {
    base::SequenceSet& lane = settled[finding.lane_id];
    TALLY_CHECK(!lane.Contains(finding.range.first) && !lane.Contains(finding.range.last));
    lane.Add(finding.range);
  }
  for (const Extent& lane : lanes) {
    TALLY_CHECK(settled[lane.lane_id].through() >= lane.published_through);
  }
  if (inbox::CoversAll(lanes, covered, {})) TALLY_CHECK(uncovered.empty());
  TALLY_CHECK(inbox::WithoutCovered(findings, settled).empty());
}

// What is called lost was covered, and lies above the end of its lane.
void CheckLost(const std::vector<Extent>& lanes, const inbox::CoveredLanes& covered) {
  const auto lost = inbox::LostHistory(kSource, lanes, true, covered, {}, absl::UnixEpoch());
  for (const inbox::Finding& finding : lost) {
    const auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Extent& extent) {
      return extent.lane_id == finding.lane_id;
    });
    TALLY_CHECK(lane != lanes.end() && finding.range.first > lane->head);
    TALLY_CHECK(finding.range.last == covered.at(finding.lane_id).highest());
  }
}

void ReadLanes(absl::string_view input) {
  events::v1::HealLanesReply end;
  end.set_database_id("d");
  AnsweringBus bus({std::string(input), end.SerializeAsString()});
  base::ManualClock clock(absl::UnixEpoch());
  Producer producer(kSource, "activity", absl::Seconds(1), bus, clock);
  const auto answer = producer.ListLanes(true);
  if (!answer.ok()) {
    TALLY_CHECK(absl::IsUnavailable(answer.status()));
    return;
  }
  TALLY_CHECK(!answer->database_id.empty());
  for (const Extent& lane : answer->lanes) {
    TALLY_CHECK(&lane == answer->lanes.data() || (&lane)[-1].lane_id < lane.lane_id);
    TALLY_CHECK(lane.published_through >= 0 && lane.head >= lane.published_through);
  }
  const inbox::CoveredLanes covered = SomeCovered(answer->lanes);
  CheckUncovered(answer->lanes, covered);
  CheckLost(answer->lanes, covered);
}

// What is applied is the event that was asked for, and one for each sequence.
void CheckEvents(const Producer::RangeAnswer& range) {
  if (range.kind != Producer::RangeAnswer::Kind::kEvents) {
    TALLY_CHECK(range.events.empty());
    return;
  }
  int64_t sequence = range.asked.range.first;
  TALLY_CHECK(!range.events.empty());
  for (const bus::Delivery& delivery : range.events) {
    std::vector<inbox::Arrival> arrivals;
    inbox::ReadDelivery(delivery, absl::UnixEpoch(), arrivals);
    TALLY_CHECK(arrivals.size() == 1 && arrivals[0].lane_id == range.asked.lane_id);
    TALLY_CHECK(arrivals[0].sequence == sequence && arrivals[0].source == kSource);
    const bool last = &delivery == &range.events.back();
    TALLY_CHECK(last == (sequence == range.asked.range.last));
    if (!last) ++sequence;
  }
}

void ReadEvents(absl::string_view input) {
  AnsweringBus bus({std::string(input)});
  base::ManualClock clock(absl::UnixEpoch());
  Producer producer(kSource, "activity", absl::Seconds(1), bus, clock);
  const std::vector<LaneRange> asked = Asked();
  const auto answer = producer.FindEvents(asked);
  if (!answer.ok()) {
    TALLY_CHECK(absl::IsUnavailable(answer.status()));
    return;
  }
  TALLY_CHECK(!answer->database_id.empty() && !answer->ranges.empty());
  inbox::WantedRanges wanted;
  for (const LaneRange& range : asked) wanted.Add(range.lane_id, range.range);
  for (const Producer::RangeAnswer& range : answer->ranges) {
    const auto within = wanted.Within(range.asked.lane_id, range.asked.range);
    TALLY_CHECK(within.size() == 1 && within[0] == range.asked.range);
    CheckEvents(range);
  }
}

// Verdicts are about what was asked, each sequence has one at most, and only events that are there
// are called so.
void CheckVerdicts(base::SequenceRange asked, const std::vector<outbox::OutboxEvent>& events) {
  const outbox::LaneStatus lane{
      .lane_id = kLaneA, .head = 9, .published_through = 8, .trimmed_through = 2};
  const std::vector<outbox::ParkedMark> parked = {{.sequence = 1}, {.sequence = 5}};
  int64_t judged = asked.first - 1;
  for (const auto& verdict : outbox::JudgeRange(asked, lane, events, parked)) {
    TALLY_CHECK(verdict.range.first > judged && verdict.range.first <= verdict.range.last);
    judged = verdict.range.last;
    if (verdict.kind != outbox::RangeVerdict::Kind::kEvents) continue;
    TALLY_CHECK(verdict.range.first > 2 && verdict.range.last <= 8);
  }
  TALLY_CHECK(judged <= asked.last);
  TALLY_CHECK(judged == asked.last || asked.last == 9);
}

void ReadQuestion(absl::string_view input) {
  events::v1::HealEventsRequest request;
  if (!ParseMessage(input, request)) return;
  for (const events::v1::SequenceRange& range : request.ranges()) {
    if (range.first_sequence() < 1 || range.last_sequence() < range.first_sequence()) continue;
    std::vector<outbox::OutboxEvent> events;
    for (int64_t sequence = 3; sequence <= 9; ++sequence) {
      if (sequence < range.first_sequence() || sequence > range.last_sequence()) continue;
      events.push_back({.sequence = sequence});
    }
    CheckVerdicts({range.first_sequence(), range.last_sequence()}, events);
  }
}

}  // namespace

void Healing(absl::string_view input) {
  constexpr void (*kKinds[])(absl::string_view) = {&ReadLanes, &ReadEvents, &ReadQuestion};
  const int kind = TakeKind(input, std::size(kKinds));
  kKinds[kind](input);
}

}  // namespace tally::fuzz
