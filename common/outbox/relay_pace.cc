#include "common/outbox/relay_pace.h"

#include <algorithm>
#include <cmath>

namespace tally::outbox {
namespace {

constexpr absl::Duration kAveragedOver = absl::Milliseconds(25);

}  // namespace

RelayPace::RelayPace(RelayPaceOptions options, int message_events, absl::Time now)
    : options_(options), message_events_(message_events), last_step_(now) {}

void RelayPace::Sent(int64_t events, absl::Time now) {
  const absl::Duration passed = std::max(now - last_step_, absl::Microseconds(1));
  const double rate = static_cast<double>(events) / absl::ToDoubleSeconds(passed);
  const double weight = -std::expm1(-absl::FDivDuration(passed, kAveragedOver));
  events_per_second_ += weight * (rate - events_per_second_);
  last_step_ = now;
}

absl::Duration RelayPace::Rest() const {
  const absl::Duration fills_in = absl::Seconds(message_events_ / events_per_second_);
  return fills_in > options_.rest_max ? options_.rest : std::max(fills_in, options_.rest);
}

}  // namespace tally::outbox
