#include "common/base/uuid.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tally::base {
namespace {

constexpr size_t kTextLength = 36;

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

absl::StatusOr<Uuid> Uuid::Parse(absl::string_view text) {
  const auto error =
      absl::InvalidArgumentError("a UUID has the form 01234567-89ab-cdef-0123-456789abcdef");
  if (text.size() != kTextLength) return error;
  std::string digits;
  for (size_t i = 0; i < kTextLength; ++i) {
    if (IsHyphenPlace(i) ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return error;
    if (!IsHyphenPlace(i)) digits.push_back(text[i]);
  }
  const std::string raw = absl::HexStringToBytes(digits);
  Bytes bytes;
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
  const absl::string_view digits(hex);
  return absl::StrCat(digits.substr(0, 8), "-", digits.substr(8, 4), "-", digits.substr(12, 4), "-",
                      digits.substr(16, 4), "-", digits.substr(20));
}

}  // namespace tally::base
