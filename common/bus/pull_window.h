#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"

namespace tally::bus {

// Decides when to ask a durable for more, so that what is asked for and what is held never exceed
// `prefetch` messages and asking begins again when half of that is used up; while a request is
// being renewed, twice as many.
//
// A request is renewed before it expires: a nats-server without its pull request 3942 (March 2023;
// Debian 12 has 2.9.10) may drop one that expires just when a message comes without a word, and
// nothing comes until it is missed.
//
// A delivery does not say which request it answers, and a request that is fulfilled ends without a
// word: so deliveries are counted against the sum of all requests, and a request's own end (its
// token, its expiry) only ever corrects that sum. Times are of base::MonotonicNow(). Pure; one
// thread at a time.
class PullWindow {
 public:
  struct Limits {
    size_t messages = 4096;
    size_t bytes = 0;        // held at most before asking stops
    absl::Duration expires;  // of a request at the server
  };
  struct Request {
    uint64_t token = 0;
    size_t batch = 0;
  };

  explicit PullWindow(Limits limits) : limits_(limits) {}

  // The request that is due, given what is held; counted as sent.
  std::optional<Request> Next(absl::Duration now, size_t held, size_t held_bytes);

  void OnDelivery();
  // The server ended request `token`, `undelivered` messages before it was fulfilled (nullopt: it
  // did not say).
  void OnEnd(uint64_t token, std::optional<size_t> undelivered);
  // Asks for nothing before `until`.
  void PauseUntil(absl::Duration until) { paused_until_ = until; }
  // All requests are lost; a pause is over.
  void Reset();

  // Messages asked for that may still come.
  size_t outstanding() const { return outstanding_; }

 private:
  struct Live {
    uint64_t token;
    size_t batch;
    absl::Duration deadline;
  };
  void Settle();

  const Limits limits_;
  std::vector<Live> live_;  // oldest first; few
  size_t outstanding_ = 0;
  uint64_t next_token_ = 1;
  absl::Duration paused_until_ = -absl::InfiniteDuration();
};

}  // namespace tally::bus
