#pragma once

#include "absl/time/time.h"

namespace tally::inbox {

// A wait that a step looks at instead of sleeping. Measured by a clock that may step: set back, it
// ends the pause early rather than late. Over from the beginning.
class Pause {
 public:
  void Begin(absl::Time now, absl::Duration length) {
    began_ = now;
    length_ = length;
  }
  bool Over(absl::Time now) const { return Left(now) == absl::ZeroDuration(); }
  absl::Duration Left(absl::Time now) const {
    if (now < began_ || now - began_ >= length_) return absl::ZeroDuration();
    return length_ - (now - began_);
  }

 private:
  absl::Time began_ = absl::InfinitePast();
  absl::Duration length_;
};

}  // namespace tally::inbox
