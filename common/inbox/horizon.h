#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/inbox/comparison.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/producer.h"

namespace tally::inbox {

// Works out up to which time every event that a producer committed is covered here, from the only
// ones who know: the producers are asked how far their lanes are written, and once the watermarks
// have come as far, everything committed before the question is covered, except what findings name.
// What is still unpublished, lost by the bus, or on its way, holds the horizon back.
//
//   a producer does not answer, or answers from another database → the horizon stands still
//   bus or own database away                                     → the same
//   a producer's lane goes less far than it did → so does what is waited for
//   the clock is set back → nothing is known until the producers have answered again
//   the own database goes back in time → the same, within a second or so
//
// Each replica has its own; it writes nothing. Step belongs to one thread and blocks on each
// producer for its timeout at most; Get is thread-safe.
class Horizon {
 public:
  struct State {
    // Everything committed before it is covered or named by a finding; InfinitePast(): not known.
    absl::Time as_of = absl::InfinitePast();
    // When all producers were last asked and answered.
    absl::Time answered = absl::InfinitePast();
    // More was committed when they last answered than is covered.
    bool behind = false;
  };

  Horizon(absl::Duration ask_every, std::vector<Producer>& producers, HealingStore& store,
          base::Clock& clock);

  // Returns how long it may rest.
  absl::Duration Step();
  State Get() const;

 private:
  struct Goal {
    absl::Time asked;
    std::vector<Extent> lanes;
  };
  // Nothing when one of the producers does not answer.
  absl::StatusOr<Goal> Ask();
  void Forget();
  absl::StatusOr<bool> Reached(const Goal& goal);
  void Advance();
  void LookBack();

  const absl::Duration ask_every_;
  std::vector<Producer>& producers_;
  HealingStore& store_;
  base::Clock& clock_;
  absl::Time asked_ = absl::InfinitePast();
  // How far to come: first this one, which is not given up for a later one that runs ahead.
  std::optional<Goal> goal_;
  std::optional<Goal> next_goal_;
  std::optional<Goal> reached_;                    // the last one, that as_of is of
  absl::Time looked_back_ = absl::InfinitePast();  // whether it still is

  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::inbox
