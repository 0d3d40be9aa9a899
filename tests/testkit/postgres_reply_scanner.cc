#include "tests/testkit/postgres_reply_scanner.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tally::testkit {
namespace {

constexpr uint32_t kSslRequest = 80877103;
constexpr uint32_t kGssEncRequest = 80877104;
constexpr size_t kHeaderBytes = 5;   // Type, then a length that counts itself.
constexpr size_t kStartupBytes = 8;  // Length, then a code.
constexpr size_t kLongestTag = 64;

uint32_t BigEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

bool HasTag(absl::string_view body, absl::string_view tag) {
  return absl::StartsWith(body, absl::StrCat(tag, absl::string_view("\0", 1))) ||
         absl::StartsWith(body, absl::StrCat(tag, " "));
}

}  // namespace

void PostgresReplyScanner::SawRequest(absl::string_view bytes) {
  while (!started_ && !bytes.empty()) {
    const size_t count = std::min(bytes.size(), kStartupBytes - startup_.size());
    absl::StrAppend(&startup_, bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (startup_.size() < kStartupBytes) return;
    const uint32_t code = BigEndian(absl::string_view(startup_).substr(4));
    started_ = code != kSslRequest && code != kGssEncRequest;
    if (!started_) ++bare_answers_;
    startup_.clear();
  }
}

std::optional<size_t> PostgresReplyScanner::FindReply(absl::string_view bytes,
                                                      absl::string_view tag) {
  std::optional<size_t> found;
  size_t begin = 0;  // Of the message at hand.
  size_t position = 0;
  while (position < bytes.size()) {
    if (bare_answers_ > 0) {
      --bare_answers_;
      ++position;
      continue;
    }
    if (header_.empty()) begin = position;
    position += TakeHeader(bytes.substr(position));
    position += TakeBody(bytes.substr(position));
    if (header_.size() < kHeaderBytes || body_left_ > 0) continue;
    if (!found && header_[0] == 'C' && HasTag(body_, tag)) found = begin;
    header_.clear();
    body_.clear();
  }
  return found;
}

size_t PostgresReplyScanner::TakeHeader(absl::string_view bytes) {
  const size_t count = std::min(bytes.size(), kHeaderBytes - header_.size());
  absl::StrAppend(&header_, bytes.substr(0, count));
  if (count > 0 && header_.size() == kHeaderBytes) {
    const uint32_t length = BigEndian(absl::string_view(header_).substr(1));
    body_left_ = length < 4 ? 0 : length - 4;
  }
  return count;
}

size_t PostgresReplyScanner::TakeBody(absl::string_view bytes) {
  if (header_.size() < kHeaderBytes) return 0;
  const size_t count = static_cast<size_t>(std::min<uint64_t>(bytes.size(), body_left_));
  absl::StrAppend(&body_, bytes.substr(0, std::min(count, kLongestTag - body_.size())));
  body_left_ -= count;
  return count;
}

}  // namespace tally::testkit
