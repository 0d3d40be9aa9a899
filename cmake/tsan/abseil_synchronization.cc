// Tells ThreadSanitizer what Abseil's locks order.
//
// Debian's Abseil is a shared library without instrumentation: the sanitizer does not see its
// atomics and takes everything that they order for a race. The definitions here come before the
// library's at run time, for every caller: ours, the library itself and gRPC. Each calls the
// library's own and announces the order that Abseil guarantees.
//
// A thread that releases or waits for a mutex also evaluates the conditions of other waiters. The
// sanitizer must not see these reads: it would take them to be after the release.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#define ABSL_MANGLED "4absl7debian3"

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// The library's own definition of a member function, with `this` as its first argument.
template <typename Function>
Function* Next(const char* mangled) {
  void* symbol = dlsym(RTLD_NEXT, mangled);
  if (symbol == nullptr) __builtin_trap();
  return reinterpret_cast<Function*>(symbol);
}

class IgnoredReads {
 public:
  IgnoredReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoredReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// Calls `wait`, which returns with the mutex held, and announces that.
template <typename Function, typename... Arguments>
auto Acquire(absl::Mutex* mutex, Function* wait, const Arguments&... arguments) {
  struct Held {
    ~Held() { __tsan_acquire(mutex); }
    absl::Mutex* mutex;
  };
  const Held held{mutex};
  const IgnoredReads ignored;
  return wait(arguments...);
}

// The same where the caller holds the mutex already, and `wait` releases it meanwhile.
template <typename Function, typename... Arguments>
auto Reacquire(absl::Mutex* mutex, Function* wait, const Arguments&... arguments) {
  __tsan_release(mutex);
  return Acquire(mutex, wait, arguments...);
}

// The flag follows the mutex; inlined callers of HasBeenNotified() read it with an atomic the
// sanitizer does see.
void* FlagOf(const absl::Notification* notification) {
  static_assert(sizeof(absl::Notification) == 2 * sizeof(absl::Mutex));
  return reinterpret_cast<char*>(const_cast<absl::Notification*>(notification)) +
         sizeof(absl::Mutex);
}

bool Notified(const absl::Notification* notification, bool notified) {
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const next = Next<void(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex4LockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static auto* const next = Next<void(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex6UnlockEv");
  __tsan_release(this);
  const IgnoredReads ignored;
  next(this);
}

bool Mutex::TryLock() {
  static auto* const next = Next<bool(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex7TryLockEv");
  const bool locked = next(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  static auto* const next = Next<void(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex10ReaderLockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static auto* const next = Next<void(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  const IgnoredReads ignored;
  next(this);
}

bool Mutex::ReaderTryLock() {
  static auto* const next = Next<bool(Mutex*)>("_ZN" ABSL_MANGLED "5Mutex13ReaderTryLockEv");
  const bool locked = next(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::Await(const Condition& condition) {
  static auto* const next =
      Next<void(Mutex*, const Condition&)>("_ZN" ABSL_MANGLED "5Mutex5AwaitERKNS0_9ConditionE");
  Reacquire(this, next, this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Duration)>(
      "_ZN" ABSL_MANGLED "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return Reacquire(this, next, this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Time)>(
      "_ZN" ABSL_MANGLED "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  return Reacquire(this, next, this, condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const next =
      Next<void(Mutex*, const Condition&)>("_ZN" ABSL_MANGLED "5Mutex8LockWhenERKNS0_9ConditionE");
  Acquire(this, next, this, condition);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Duration)>(
      "_ZN" ABSL_MANGLED "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return Acquire(this, next, this, condition, timeout);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Time)>(
      "_ZN" ABSL_MANGLED "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  return Acquire(this, next, this, condition, deadline);
}

void Mutex::ReaderLockWhen(const Condition& condition) {
  static auto* const next = Next<void(Mutex*, const Condition&)>(
      "_ZN" ABSL_MANGLED "5Mutex14ReaderLockWhenERKNS0_9ConditionE");
  Acquire(this, next, this, condition);
}

bool Mutex::ReaderLockWhenWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Duration)>(
      "_ZN" ABSL_MANGLED "5Mutex25ReaderLockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return Acquire(this, next, this, condition, timeout);
}

bool Mutex::ReaderLockWhenWithDeadline(const Condition& condition, Time deadline) {
  static auto* const next = Next<bool(Mutex*, const Condition&, Time)>(
      "_ZN" ABSL_MANGLED "5Mutex26ReaderLockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  return Acquire(this, next, this, condition, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const next =
      Next<void(CondVar*, Mutex*)>("_ZN" ABSL_MANGLED "7CondVar4WaitEPNS0_5MutexE");
  Reacquire(mutex, next, this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const next = Next<bool(CondVar*, Mutex*, Duration)>(
      "_ZN" ABSL_MANGLED "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  return Reacquire(mutex, next, this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const next = Next<bool(CondVar*, Mutex*, Time)>(
      "_ZN" ABSL_MANGLED "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  return Reacquire(mutex, next, this, mutex, deadline);
}

void Notification::Notify() {
  static auto* const next = Next<void(Notification*)>("_ZN" ABSL_MANGLED "12Notification6NotifyEv");
  __tsan_release(FlagOf(this));
  next(this);
}

void Notification::WaitForNotification() const {
  static auto* const next =
      Next<void(const Notification*)>("_ZNK" ABSL_MANGLED "12Notification19WaitForNotificationEv");
  next(this);
  Notified(this, true);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const next = Next<bool(const Notification*, Duration)>(
      "_ZNK" ABSL_MANGLED "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  return Notified(this, next(this, timeout));
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  static auto* const next = Next<bool(const Notification*, Time)>(
      "_ZNK" ABSL_MANGLED "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  return Notified(this, next(this, deadline));
}

bool BlockingCounter::DecrementCount() {
  static auto* const next =
      Next<bool(BlockingCounter*)>("_ZN" ABSL_MANGLED "15BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return next(this);
}

void BlockingCounter::Wait() {
  static auto* const next =
      Next<void(BlockingCounter*)>("_ZN" ABSL_MANGLED "15BlockingCounter4WaitEv");
  next(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
