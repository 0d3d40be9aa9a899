#include "common/base/text.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace tally::base {
namespace {

// Code points of `text`, or nullopt where it is not UTF-8 or holds a control character.
std::optional<int> CountPrintable(absl::string_view text) {
  int count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x20 || lead == 0x7f) return std::nullopt;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return std::nullopt;
    uint32_t code = lead & (0xff >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return std::nullopt;
      code = code << 6 | (next & 0x3f);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    const bool c1_control = code < 0xa0;
    if (overlong || surrogate || c1_control || code > 0x10ffff) return std::nullopt;
    i += length;
  }
  return count;
}

}  // namespace

std::optional<std::string> TextProblem(absl::string_view text, int chars_min, int chars_max) {
  const std::optional<int> count = CountPrintable(text);
  if (!count.has_value()) return "must be valid UTF-8 without control characters";
  if (*count >= chars_min && *count <= chars_max) return std::nullopt;
  return absl::StrCat("must have ", chars_min, " to ", chars_max, " characters");
}

}  // namespace tally::base
