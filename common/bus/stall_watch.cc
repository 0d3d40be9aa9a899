#include "common/bus/stall_watch.h"

#include <utility>

namespace tally::bus {
namespace {

constexpr absl::Duration kAskAtMostEvery = absl::Milliseconds(200);
constexpr int kAnswersNeeded = 2;

StallWatch::Remedy NextRemedy(StallWatch::Remedy last) {
  switch (last) {
    case StallWatch::Remedy::kPull:
      return StallWatch::Remedy::kSubscribe;
    case StallWatch::Remedy::kSubscribe:
      return StallWatch::Remedy::kReconnect;
    case StallWatch::Remedy::kNone:
    case StallWatch::Remedy::kReconnect:
      break;
  }
  return StallWatch::Remedy::kPull;
}

}  // namespace

void StallWatch::OnDelivery(absl::Duration now) {
  OnAskedAnew(now);
  last_remedy_ = Remedy::kNone;
}

void StallWatch::OnAskedAnew(absl::Duration now) {
  quiet_since_ = now;
  answers_waiting_ = 0;
}

bool StallWatch::AskNow(absl::Duration now) {
  const bool quiet = now - quiet_since_ >= stall_after_;
  const bool soon = suspicious_ || answers_waiting_ > 0;
  if (!(soon || quiet) || now - asked_at_ < (soon ? kAskAtMostEvery : stall_after_)) return false;
  asked_at_ = now;
  suspicious_ = false;
  return true;
}

StallWatch::Remedy StallWatch::OnState(absl::Duration now, bool waits) {
  if (!waits || now - quiet_since_ < stall_after_) {
    answers_waiting_ = 0;
    return Remedy::kNone;
  }
  if (++answers_waiting_ < kAnswersNeeded) return Remedy::kNone;
  OnAskedAnew(now);
  return last_remedy_ = NextRemedy(last_remedy_);
}

}  // namespace tally::bus
