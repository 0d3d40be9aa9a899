#include "common/base/uuid.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace tally::base {
namespace {

constexpr size_t kTextLength = 36;

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int DigitAt(absl::string_view text, size_t i) {
  const char c = text[i];
  if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
  return absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0'
                                                            : absl::ascii_tolower(c) - 'a' + 10;
}

std::optional<Uuid::Bytes> ReadBytes(absl::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  Uuid::Bytes bytes;
  size_t place = 0;
  for (uint8_t& byte : bytes) {
    if (IsHyphenPlace(place) && text[place++] != '-') return std::nullopt;
    const int high = DigitAt(text, place++);
    const int low = DigitAt(text, place++);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<uint8_t>(high << 4 | low);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Uuid> Uuid::Parse(absl::string_view text) {
  std::optional<Bytes> bytes = ReadBytes(text);
  if (bytes.has_value()) return Uuid(*bytes);
  return absl::InvalidArgumentError("a UUID has the form 01234567-89ab-cdef-0123-456789abcdef");
}

std::string Uuid::ToString() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(kTextLength, '-');
  size_t place = 0;
  for (const uint8_t byte : bytes_) {
    if (IsHyphenPlace(place)) ++place;
    text[place++] = kDigits[byte >> 4];
    text[place++] = kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace tally::base
