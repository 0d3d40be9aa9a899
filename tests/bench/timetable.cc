#include "tests/bench/timetable.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/monotonic.h"

namespace tally::bench {
namespace {

std::string Roughly(absl::Duration duration) {
  if (duration < absl::Seconds(90)) return absl::StrCat(absl::ToInt64Seconds(duration), " s");
  return absl::StrCat(absl::ToInt64Minutes(duration + absl::Seconds(30)), " min");
}

}  // namespace

Timetable::Timetable(std::vector<Entry> suites) : suites_(std::move(suites)) {}

size_t Timetable::Next() {
  const absl::Duration now = base::MonotonicNow();
  if (running_) {
    suites_[suite_].round_time = now - began_;
    ++suite_;
  }
  const int rounds = std::max_element(suites_.begin(), suites_.end(), [](auto& a, auto& b) {
                       return a.rounds < b.rounds;
                     })->rounds;
  for (; round_ < rounds; ++round_, suite_ = 0) {
    while (suite_ < suites_.size() && suites_[suite_].rounds <= round_) ++suite_;
    if (suite_ == suites_.size()) continue;
    running_ = true;
    began_ = now;
    return suite_;
  }
  running_ = false;
  return suites_.size();
}

absl::Duration Timetable::Left() const {
  if (!running_) return absl::ZeroDuration();
  absl::Duration left;
  for (size_t i = 0; i < suites_.size(); ++i) {
    const int begun = round_ + (i <= suite_ ? 1 : 0);
    left += std::max(suites_[i].rounds - begun, 0) * suites_[i].round_time;
  }
  return left + std::max(suites_[suite_].round_time - (base::MonotonicNow() - began_),
                         absl::ZeroDuration());
}

std::string Timetable::Position() const {
  return absl::StrFormat("%-*s", kWidth,
                         absl::StrCat("round ", round_ + 1, " of ", suites_[suite_].rounds, ", ",
                                      Roughly(Left()), " left"));
}

}  // namespace tally::bench
