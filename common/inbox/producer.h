#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/event.h"
#include "common/bus/message.h"
#include "common/inbox/comparison.h"
#include "common/inbox/wanted_ranges.h"

namespace tally::inbox {

// A producer as a consumer can ask it, over the bus: how far its lanes go, and for events. It
// speaks tally/events/v1/healing.proto and trusts nothing it is told: an answer that does not read
// is no answer.
//
// Every call blocks, for `timeout` for each message at most. UNAVAILABLE: there was no answer, at
// once where nobody listens. Thread-safe.
class Producer {
 public:
  // The clock must show the bus' time. References must outlive it.
  Producer(std::string source, std::string consumer, absl::Duration timeout, bus::Bus& bus,
           base::Clock& clock);

  const std::string& source() const { return source_; }

  struct Lanes {
    std::string database_id;
    std::vector<Extent> lanes;  // by id
  };
  // Those that are open or have rows left, or every one there ever was.
  absl::StatusOr<Lanes> ListLanes(bool every_lane);

  struct RangeAnswer {
    enum class Kind { kEvents, kParked, kVoid, kTrimmed, kUnknown };
    LaneRange asked;  // within one of the ranges asked for
    Kind kind;
    std::vector<bus::Delivery> events;  // of kEvents: one for each sequence, as if delivered
    std::string reason;                 // of kVoid
  };
  struct Answers {
    std::string database_id;
    std::vector<RangeAnswer> ranges;  // of the beginning of what was asked, at least one
  };
  // 1 to kRangesMax ranges, most urgent first; no more are asked for than a message holds.
  absl::StatusOr<Answers> FindEvents(const std::vector<LaneRange>& ranges);

  static constexpr size_t kRangesMax = 1'000;

 private:
  template <typename Reply, typename Request>
  absl::StatusOr<Reply> Ask(const char* what, const Request& request);

  const std::string source_;
  const std::string consumer_;
  const absl::Duration timeout_;
  bus::Bus& bus_;
  base::Clock& clock_;
};

}  // namespace tally::inbox
