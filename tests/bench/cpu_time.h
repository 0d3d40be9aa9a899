#pragma once

#include <sys/types.h>

#include "absl/time/time.h"

namespace tally::bench {

// CPU time that a process and all its descendants have used so far, user and kernel together; those
// that have ended count if their parent has waited for them. Zero if there is no such process.
absl::Duration CpuTimeOf(pid_t pid);

}  // namespace tally::bench
