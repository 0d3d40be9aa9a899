#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/inbox/arrival.h"
#include "common/inbox/event_handler.h"

namespace tally::inbox {

// What of a lane is covered, by lane id.
using CoveredLanes = std::map<std::string, base::SequenceSet>;

// What is to be done with a batch of arrivals, given what is covered. Pure.
struct BatchPlan {
  std::vector<Arrival*> apply;
  std::vector<Arrival*> letters;  // their `failure` says why
  int64_t ignored = 0;
  int64_t duplicates = 0;         // covered before, or earlier in this batch
  std::set<std::string> changed;  // lanes of which more is covered than before
};

// `covered` must have each lane of the placed arrivals; all of them are in it afterwards. An
// arrival of unknown type gets its failure here. Arrivals that are not placed are letters each
// time: their id keeps them from being stored twice.
BatchPlan MakePlan(absl::Span<Arrival* const> arrivals,
                   absl::FunctionRef<EventHandler::Interest(absl::string_view type)> interest_in,
                   CoveredLanes& covered);

}  // namespace tally::inbox
