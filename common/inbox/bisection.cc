#include "common/inbox/bisection.h"

#include <algorithm>
#include <utility>

namespace tally::inbox {

Bisection::Bisection(size_t count, Parts parts, bool one_message)
    : kind_(parts), one_message_(one_message) {
  const size_t stride = kind_ == Parts::kAlone ? 1 : (count + kSample - 1) / kSample;
  for (size_t i = 0; i < count; ++i) {
    if (i % stride == 0) {
      sample_.push_back(i);
    } else {
      rest_.push_back(i);
    }
  }
}

std::optional<std::vector<size_t>> Bisection::Next() {
  if (!applied_ && !one_message_ && suspects_ >= kSample) return std::nullopt;
  if (!sample_.empty()) {
    tried_ = {sample_.front()};
    sample_.pop_front();
    return tried_;
  }
  if (!rest_.empty()) BeginHalving();
  if (parts_.empty()) return std::nullopt;
  tried_ = std::move(parts_.back());
  parts_.pop_back();
  return tried_;
}

void Bisection::OthersSucceeded() { Succeeded(/*applied=*/true); }

void Bisection::Succeeded(bool applied) {
  applied_ = applied_ || applied;
  if (kind_ == Parts::kAlone) return;
  rest_.insert(rest_.end(), sample_.begin(), sample_.end());
  sample_.clear();
}

void Bisection::Failed(Fault fault) {
  if (tried_.size() > 1) return PushHalves(tried_);
  if (!rest_.empty()) sample_failed_ = true;
  if (fault == Fault::kUndecodable) return;
  ++suspects_;
  unclear_ = unclear_ || fault == Fault::kUnclear;
}

bool Bisection::EventsAreToBlame() const {
  return applied_ || (!unclear_ && (one_message_ || suspects_ <= 1));
}

void Bisection::BeginHalving() {
  std::sort(rest_.begin(), rest_.end());
  // With a bad one found already the rest may be sound; otherwise it holds what made the batch
  // fail.
  if (sample_failed_ || rest_.size() == 1) {
    parts_.push_back(std::move(rest_));
  } else {
    PushHalves(rest_);
  }
  rest_.clear();
}

void Bisection::PushHalves(const std::vector<size_t>& part) {
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  parts_.emplace_back(middle, part.end());
  parts_.emplace_back(part.begin(), middle);
}

}  // namespace tally::inbox
