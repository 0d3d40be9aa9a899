#include "common/base/consistency_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace tally::base {
namespace {

constexpr char kFormat = 1;  // first byte; another layout gets another number
constexpr size_t kSize = 1 + sizeof(Uuid::Bytes) + sizeof(int64_t);

}  // namespace

std::string ConsistencyToken::Encode() const {
  std::string bytes(1, kFormat);
  bytes.append(lane_id.bytes().begin(), lane_id.bytes().end());
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(sequence >> shift));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<ConsistencyToken> ConsistencyToken::Parse(absl::string_view text) {
  const absl::Status invalid = absl::InvalidArgumentError("not a consistency token");
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || bytes.size() != kSize || bytes[0] != kFormat) {
    return invalid;
  }
  Uuid::Bytes lane;
  std::copy_n(bytes.begin() + 1, lane.size(), lane.begin());
  uint64_t sequence = 0;
  for (size_t i = 1 + lane.size(); i < kSize; ++i) {
    sequence = sequence << 8 | static_cast<uint8_t>(bytes[i]);
  }
  ConsistencyToken token{Uuid(lane), static_cast<int64_t>(sequence)};
  if (token.sequence < 1 || token.Encode() != text) return invalid;
  return token;
}

}  // namespace tally::base
