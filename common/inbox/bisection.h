#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "common/inbox/fault.h"

namespace tally::inbox {

// Which parts of a batch that failed to try next, so that what is bad in it is found in O(log n)
// attempts for each bad one; and whether the bad ones are to blame. Pure; knows the batch as
// indices 0 … count-1.
//
// Begins with up to kSample indices tried alone, spread over the batch, until one succeeds: should
// everything fail, that shows it soon. Then the rest is halved, and halved again where it fails.
// Where no two may be tried together, all are tried alone.
//
// A batch of one message cannot come in smaller parts, nor with others: what fails alone of it is
// to blame, like a lone event. Otherwise bad events that share a message would stop everything.
class Bisection {
 public:
  static constexpr size_t kSample = 16;
  enum class Parts { kHalves, kAlone };

  explicit Bisection(size_t count, Parts parts = Parts::kHalves, bool one_message = false);

  // The indices to try together, ascending. nullopt when each has succeeded or failed alone, or
  // when it is clear that the events are not to blame. Each part must be answered by Succeeded() or
  // Failed() before the next.
  std::optional<std::vector<size_t>> Next();
  // Other events were applied just before: what fails alone here is to blame, and no sample needed.
  void OthersSucceeded();
  // `applied`: the part still had something to apply.
  void Succeeded(bool applied);
  void Failed(Fault fault);

  // After the last part: false if nothing could be applied, no others either, and several failed
  // alone, of more than one message, or one for a reason that is not clear: then the fault lies
  // elsewhere. What cannot be decoded is to blame in any case.
  bool EventsAreToBlame() const;

 private:
  void BeginHalving();
  void PushHalves(const std::vector<size_t>& part);

  const Parts kind_;
  const bool one_message_;
  std::deque<size_t> sample_;
  bool sample_failed_ = false;
  std::vector<size_t> rest_;                // what is to be halved once the sample has been tried
  std::vector<std::vector<size_t>> parts_;  // a stack
  std::vector<size_t> tried_;               // the part of the last Next()

  bool applied_ = false;  // something was
  bool unclear_ = false;
  size_t suspects_ = 0;  // failed alone, though they could be decoded
};

}  // namespace tally::inbox
