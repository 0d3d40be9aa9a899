#pragma once

#include <atomic>
#include <cstdint>

namespace tally::chaos {

// What the campaign sets and every process that runs with the shim reads, in a file that all map
// into their memory. A file of zeros is a process that nothing is wrong with.
struct ShimState {
  std::atomic<int64_t> clock_ahead_s;  // Added to the wall clock; monotonic time goes on as it is.
  std::atomic<int64_t>
      io_error_every;  // Each so many-th write or sync of a file fails with EIO; 0: none.
  std::atomic<int64_t> io_operations;  // Counted while io_error_every is set.
  std::atomic<int64_t> io_errors;      // Failed so far.
};
static_assert(std::atomic<int64_t>::is_always_lock_free);

// The environment variable that names the file.
inline constexpr char kShimFile[] = "TALLY_FAULT_SHIM";

}  // namespace tally::chaos
