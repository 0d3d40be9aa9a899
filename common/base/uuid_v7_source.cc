#include "common/base/uuid_v7_source.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace tally::base {
namespace {

constexpr uint32_t kCounterEnd = 1 << 12;

void StoreBigEndian(uint64_t value, int first, int bytes, Uuid::Bytes& out) {
  for (int i = 0; i < bytes; ++i) out[first + i] = value >> (8 * (bytes - 1 - i));
}

}  // namespace

UuidV7Source::UuidV7Source(Clock& clock, absl::BitGen random)
    : clock_(clock), random_(std::move(random)) {}

Uuid UuidV7Source::Next() {
  absl::MutexLock lock(&mutex_);
  const int64_t now_ms = std::max<int64_t>(absl::ToUnixMillis(clock_.Now()), 0);
  if (now_ms > time_ms_ || ++counter_ == kCounterEnd) {
    time_ms_ = std::max(now_ms, time_ms_ + 1);
    counter_ = absl::Uniform<uint32_t>(random_, 0, kCounterEnd / 2);
  }
  Uuid::Bytes bytes;
  StoreBigEndian(time_ms_, 0, 6, bytes);
  StoreBigEndian(0x7000 | counter_, 6, 2, bytes);
  constexpr uint64_t kVariant = uint64_t{0b10} << 62;
  StoreBigEndian(kVariant | (absl::Uniform<uint64_t>(random_) >> 2), 8, 8, bytes);
  return Uuid(bytes);
}

}  // namespace tally::base
