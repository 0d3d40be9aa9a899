#pragma once

#include <sys/types.h>

#include <cstdint>

#include "absl/time/time.h"

namespace tally::bench {

// CPU time that a process and all its descendants have used so far, user and kernel together; those
// that have ended count if their parent has waited for them. Zero if there is no such process.
absl::Duration CpuTimeOf(pid_t pid);

// The same of this process and of the children it has waited for; those that still run not.
absl::Duration OwnCpuTime();

// The most memory that a process, or the largest of its descendants, has held at a time since
// ForgetPeakMemory or its start (VmHWM; shared memory it touched included). Zero if there is none.
int64_t PeakMemoryBytesOf(pid_t pid);
void ForgetPeakMemory(pid_t pid);

// What a process and its living descendants had written to disk so far. Zero where it is not told.
int64_t WrittenBytesOf(pid_t pid);

}  // namespace tally::bench
