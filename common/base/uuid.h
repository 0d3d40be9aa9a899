#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::base {

// A UUID (RFC 9562) as a value: 16 bytes, ordered like its text. Default: nil, all zeros.
class Uuid {
 public:
  using Bytes = std::array<uint8_t, 16>;

  Uuid() = default;
  explicit Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // 8-4-4-4-12 hexadecimal digits of either case, and nothing else; InvalidArgument otherwise.
  static absl::StatusOr<Uuid> Parse(absl::string_view text);

  // 36 characters, lower case.
  std::string ToString() const;

  const Bytes& bytes() const { return bytes_; }
  bool is_nil() const { return *this == Uuid(); }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Uuid& uuid) {
    return H::combine(std::move(state), uuid.bytes_);
  }

 private:
  Bytes bytes_ = {};
};

// The first and the last of all (RFC 9562, 5.9 and 5.10), as text.
inline constexpr char kNilUuid[] = "00000000-0000-0000-0000-000000000000";
inline constexpr char kMaxUuid[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";

}  // namespace tally::base
