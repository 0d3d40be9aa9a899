#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "tests/chaos/fault_shim.h"

namespace tally::chaos {

// The campaign's end of the preloaded library: what is wrong now with the clock and the disk of one
// server or service, in all its lives. Not thread-safe.
class Shim {
 public:
  // `library` and `file` must be readable by whoever runs the process; the file is made.
  Shim(std::string library, std::string file);
  ~Shim();
  Shim(const Shim&) = delete;
  Shim& operator=(const Shim&) = delete;

  // For the process that is to run with it.
  std::map<std::string, std::string> Environment() const;

  void SetClockAhead(absl::Duration ahead) { state_->clock_ahead_s = absl::ToInt64Seconds(ahead); }
  // Of the writes and syncs of files, each `every`-th fails with EIO; 0: none.
  void FailEvery(int64_t every) { state_->io_error_every = every; }
  int64_t io_errors() const { return state_->io_errors; }

 private:
  const std::string library_;
  const std::string file_;
  ShimState* state_;
};

}  // namespace tally::chaos
