// A library to be preloaded (LD_PRELOAD) into a service or a PostgreSQL server: jumps of the wall
// clock and I/O errors of writing at any moment, as ShimState says. Reading never fails:
// PostgreSQL's recovery takes a page of its log that it cannot read for the end of the log, and
// forgets what it had committed after it.
//
// Not libfaketime: absolute deadlines that a thread waits for (futex, pthread_cond_timedwait) are
// passed to the kernel here in the kernel's own time, so that a wait ends when it should; with
// libfaketime a jump of ten minutes adds ten minutes to every wait under way.

#include "tests/chaos/fault_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace tally::chaos {
namespace {

ShimState nothing_wrong{};
ShimState* state = &nothing_wrong;

// The monotonic clock counts from the machine's start.
constexpr time_t kFirstWallClockSecond = 1'000'000'000;

int64_t ClockAhead() { return state->clock_ahead_s.load(std::memory_order_relaxed); }

// Found when first called: libraries call before this one's constructor. A function-local static
// would take a lock, which what dlsym calls may need again.
template <typename Function>
Function* Real(std::atomic<Function*>& real, const char* name, const char* version = nullptr) {
  Function* found = real.load(std::memory_order_relaxed);
  if (found == nullptr) {
    void* symbol = version == nullptr ? nullptr : dlvsym(RTLD_NEXT, name, version);
    if (symbol == nullptr) symbol = dlsym(RTLD_NEXT, name);
    found = reinterpret_cast<Function*>(symbol);
    real.store(found, std::memory_order_relaxed);
  }
  return found;
}

bool Fails() {
  const int64_t every = state->io_error_every.load(std::memory_order_relaxed);
  if (every == 0 || state->io_operations.fetch_add(1) % every != every - 1) return false;
  state->io_errors.fetch_add(1);
  errno = EIO;
  return true;
}

timespec InKernelTime(const timespec& deadline) {
  timespec real = deadline;
  if (real.tv_sec > kFirstWallClockSecond) real.tv_sec -= ClockAhead();
  return real;
}

__attribute__((constructor)) void MapState() {
  const char* path = getenv(kShimFile);
  const int fd = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(nullptr, sizeof(ShimState), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) state = static_cast<ShimState*>(memory);
}

}  // namespace
}  // namespace tally::chaos

using tally::chaos::ClockAhead;
using tally::chaos::Fails;
using tally::chaos::InKernelTime;
using tally::chaos::Real;

#define TALLY_REAL(function, ...)                                     \
  ([]() {                                                             \
    static constinit std::atomic<decltype(function)*> real = nullptr; \
    return Real(real, #function __VA_OPT__(, ) __VA_ARGS__);          \
  }())

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const int result = TALLY_REAL(clock_gettime)(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += ClockAhead();
  }
  return result;
}

int gettimeofday(struct timeval* now, void* zone) noexcept {
  const int result = TALLY_REAL(gettimeofday)(now, zone);
  if (result == 0) now->tv_sec += ClockAhead();
  return result;
}

time_t time(time_t* into) noexcept {
  const time_t now = TALLY_REAL(time)(nullptr) + ClockAhead();
  if (into != nullptr) *into = now;
  return now;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const struct timespec* deadline) {
  const timespec real = InKernelTime(*deadline);
  return TALLY_REAL(pthread_cond_timedwait, "GLIBC_2.3.2")(condition, mutex, &real);
}

// Abseil waits by it.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  timespec real;
  if (number == SYS_futex && (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 && arguments[3] != 0) {
    real = InKernelTime(*reinterpret_cast<const timespec*>(arguments[3]));
    arguments[3] = reinterpret_cast<long>(&real);
  }
  return TALLY_REAL(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3],
                             arguments[4], arguments[5]);
}

int fsync(int fd) { return Fails() ? -1 : TALLY_REAL(fsync)(fd); }
int fdatasync(int fd) { return Fails() ? -1 : TALLY_REAL(fdatasync)(fd); }

ssize_t pwrite(int fd, const void* buffer, size_t bytes, off_t at) {
  return Fails() ? -1 : TALLY_REAL(pwrite)(fd, buffer, bytes, at);
}
ssize_t pwrite64(int fd, const void* buffer, size_t bytes, off64_t at) {
  return Fails() ? -1 : TALLY_REAL(pwrite64)(fd, buffer, bytes, at);
}
ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t at) {
  return Fails() ? -1 : TALLY_REAL(pwritev)(fd, pieces, count, at);
}

}  // extern "C"
