#include "common/outbox/range_verdict.h"

#include <algorithm>
#include <limits>

namespace tally::outbox {
namespace {

using Kind = RangeVerdict::Kind;

constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

// Walks the range from run to run; each run ends where one of the tables changes its mind.
class Judge {
 public:
  Judge(int64_t last, const LaneStatus& lane, const std::vector<OutboxEvent>& events,
        const std::vector<ParkedMark>& parked)
      : last_(last), lane_(lane), events_(events), parked_(parked) {}

  std::vector<RangeVerdict> Walk(int64_t first) {
    // By what was judged, for behind the last number there is comes none.
    for (int64_t judged = first - 1; judged < last_;) {
      while (Event() <= judged) ++event_;
      while (Parked() <= judged) ++mark_;
      judged = Take(judged + 1);
    }
    return std::move(verdicts_);
  }

 private:
  int64_t Event() const { return event_ < events_.size() ? events_[event_].sequence : kNone; }
  int64_t Parked() const { return mark_ < parked_.size() ? parked_[mark_].sequence : kNone; }

  // Judges the run that begins at `first`; returns its end.
  int64_t Take(int64_t first) {
    if (mark_ < parked_.size() && first == Parked()) {
      const ParkedMark& mark = parked_[mark_];
      return Add({first, first}, mark.is_void ? Kind::kVoid : Kind::kParked,
                 mark.is_void ? mark.reason : "");
    }
    if (first > lane_.head) return Add({first, last_}, Kind::kUnknown);
    if (first > lane_.published_through) return std::min(last_, lane_.head);
    if (event_ < events_.size() && first == Event()) return Add({first, first}, Kind::kEvents);
    const int64_t absent = std::min({last_, lane_.published_through, Event() - 1, Parked() - 1});
    if (first > lane_.trimmed_through) return Add({first, absent}, Kind::kUnknown);
    return Add({first, std::min(absent, lane_.trimmed_through)}, Kind::kTrimmed);
  }

  int64_t Add(base::SequenceRange range, Kind kind, const std::string& reason = "") {
    if (!verdicts_.empty()) {
      RangeVerdict& before = verdicts_.back();
      if (before.kind == kind && before.reason == reason && before.range.last + 1 == range.first) {
        before.range.last = range.last;
        return range.last;
      }
    }
    verdicts_.push_back({range, kind, reason});
    return range.last;
  }

  const int64_t last_;
  const LaneStatus& lane_;
  const std::vector<OutboxEvent>& events_;
  const std::vector<ParkedMark>& parked_;
  size_t event_ = 0;
  size_t mark_ = 0;
  std::vector<RangeVerdict> verdicts_;
};

}  // namespace

std::vector<RangeVerdict> JudgeRange(base::SequenceRange asked,
                                     const std::optional<LaneStatus>& lane,
                                     const std::vector<OutboxEvent>& events,
                                     const std::vector<ParkedMark>& parked) {
  if (!lane.has_value()) return {{asked, Kind::kUnknown}};
  return Judge(asked.last, *lane, events, parked).Walk(asked.first);
}

}  // namespace tally::outbox
