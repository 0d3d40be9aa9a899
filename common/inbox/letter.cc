#include "common/inbox/letter.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace tally::inbox {
namespace {

constexpr std::pair<LetterState, absl::string_view> kStateNames[] = {
    {LetterState::kRetrying, "retrying"},
    {LetterState::kDead, "dead"},
    {LetterState::kDiscarded, "discarded"},
};

int HexDigit(char c) {
  return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_toupper(c) - 'A' + 10;
}

}  // namespace

absl::string_view Name(LetterState state) {
  for (const auto& [value, name] : kStateNames) {
    if (value == state) return name;
  }
  return "";
}

absl::StatusOr<LetterState> ParseLetterState(absl::string_view name) {
  for (const auto& [value, known] : kStateNames) {
    if (known == name) return value;
  }
  return absl::DataLossError(absl::StrCat("unknown letter state: ", name));
}

std::string Escape(absl::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (absl::ascii_isprint(static_cast<unsigned char>(c)) && c != '%') {
      text.push_back(c);
    } else {
      absl::StrAppend(&text, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return text;
}

std::string Unescape(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                         absl::ascii_isxdigit(text[i + 1]) && absl::ascii_isxdigit(text[i + 2]);
    if (!escaped) {
      bytes.push_back(text[i]);
    } else {
      bytes.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    }
  }
  return bytes;
}

std::string EncodeHeaders(const bus::Headers& headers) {
  std::string text;
  for (const auto& [name, value] : headers.entries()) {
    absl::StrAppend(&text, absl::StrReplaceAll(Escape(name), {{":", "%3a"}}), ":", Escape(value),
                    "\n");
  }
  return text;
}

bus::Headers DecodeHeaders(absl::string_view text) {
  bus::Headers headers;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    headers.Add(Unescape(parts.first), Unescape(parts.second));
  }
  return headers;
}

}  // namespace tally::inbox
