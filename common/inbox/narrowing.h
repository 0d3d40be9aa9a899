#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/inbox/arrival.h"
#include "common/inbox/batch_plan.h"

namespace tally::inbox {

// What attempts at a lane's events said before they began.
struct Begun {
  base::SequenceSet any;
  base::SequenceSet alone;  // of them: what no other event was begun together with
};
using BegunLanes = std::map<std::string, Begun>;  // by lane id

// What the row of a lane says of its events.
struct LaneMark {
  base::SequenceSet covered;
  Begun begun;
};
using LaneMarks = std::map<std::string, LaneMark>;  // by lane id

// How events that come again are to be applied, so that one that ends the process, or never lets
// its handler return, is found in few attempts, and is kept as a letter then. Pure.
//
// Before an attempt at such events a transaction of its own says which are begun. Those that are
// begun and not covered did not survive it, as a whole: they are begun again in kParts parts, and
// in the end each alone. What was begun alone and is not covered has nobody else to blame. An
// attempt that is under way in another replica is at worst taken for one that did not survive:
// locks keep the two apart, and an event that became a letter is tried again.
//
// What did not survive goes before what nobody began: a death among the latter would leave nothing
// of what is known of the former, and two that end the process would take turns for ever.
//
// The first attempt at an event is not announced, for that would cost every batch a transaction;
// what it does not survive comes again.
struct Narrowing {
  static constexpr size_t kParts = 64;

  std::vector<Arrival*> settled;  // nothing for the handler: covered, or failed
  // Either of suspects, to be begun one after the other, or each alone.
  std::vector<std::vector<Arrival*>> parts;
  std::vector<Arrival*> alone;
  std::vector<Arrival*> unmarked;  // to be begun together, after them

  std::vector<const Arrival*> to_blame;  // of the settled: was begun alone and is not covered
  size_t suspects = 0;                   // were begun with others and are not covered
  std::string first_suspect;
};

// `lanes` has the marks of those that have a row. What was begun alone gets its failure here.
Narrowing Narrow(absl::Span<Arrival* const> arrivals, const LaneMarks& lanes);

// What is to stand as begun when `part` of `arrivals` is: in each of their lanes what others begun
// and is not covered, and the part.
BegunLanes MarkBegun(absl::Span<Arrival* const> arrivals, absl::Span<Arrival* const> part,
                     const LaneMarks& lanes);

}  // namespace tally::inbox
