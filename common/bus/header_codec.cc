#include "common/bus/header_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tally::bus {
namespace {

constexpr absl::string_view kVersion = "NATS/1.0";
constexpr absl::string_view kLineEnd = "\r\n";
constexpr size_t kUsualLines = 512;

bool EndsText(char c) { return c == '\r' || c == '\n' || c == '\0'; }

void AppendCleaned(absl::string_view text, std::string& to) {
  const size_t begin = to.size();
  to.append(text.data(), text.size());
  std::replace_if(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end(), &EndsText, ' ');
}

// nats.c keeps a received message in one piece (seen in all releases from 3.0 to 3.9): subject NUL
// reply NUL headers NUL payload. Empty when it does not look like that.
absl::string_view HeaderBlock(natsMsg* message) {
  const char* const subject = natsMsg_GetSubject(message);
  const char* const reply = natsMsg_GetReply(message);
  const char* const payload = natsMsg_GetData(message);
  if (reply == nullptr || reply != subject + std::strlen(subject) + 1 || payload <= reply)
    return {};
  const char* const begin = reply + std::strlen(reply) + 1;
  if (payload <= begin + kVersion.size()) return {};
  const absl::string_view block(begin, static_cast<size_t>(payload - begin) - 1);
  return absl::StartsWith(block, kVersion) && absl::EndsWith(block, "\r\n\r\n")
             ? block
             : absl::string_view();
}

Headers ReadHeadersByLibrary(natsMsg* message) {
  Headers headers;
  const char** names = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &names, &count) != NATS_OK) return headers;
  const std::unique_ptr<const char*, decltype(&std::free)> owned(names, &std::free);
  for (int i = 0; i < count; ++i) {
    const char* value = nullptr;
    if (natsMsgHeader_Get(message, names[i], &value) == NATS_OK) headers.Add(names[i], value);
  }
  return headers;
}

}  // namespace

std::string EncodeHeaderLines(const Headers& headers) {
  std::string lines;
  lines.reserve(kUsualLines);
  for (const auto& [name, value] : headers.entries()) {
    AppendCleaned(name, lines);
    lines.append(": ");
    AppendCleaned(value, lines);
    lines.append(kLineEnd.data(), kLineEnd.size());
  }
  return lines;
}

Headers ParseHeaderBlock(absl::string_view block) {
  Headers headers;
  for (size_t end = block.find(kLineEnd); end != block.npos; end = block.find(kLineEnd)) {
    const absl::string_view line = block.substr(0, end);
    block.remove_prefix(end + kLineEnd.size());
    const size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) continue;
    headers.Add(std::string(line.substr(0, colon)),
                std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  }
  return headers;
}

// The library writes a header's name as it is: so the lines before the last one travel as the
// beginning of its name.
natsStatus SetHeaders(natsMsg* message, const Headers& headers, const char* last_name,
                      const std::string& last_value) {
  return natsMsgHeader_Set(message, absl::StrCat(EncodeHeaderLines(headers), last_name).c_str(),
                           last_value.c_str());
}

Headers ReadHeaders(natsMsg* message) {
  const absl::string_view block = HeaderBlock(message);
  return block.empty() ? ReadHeadersByLibrary(message) : ParseHeaderBlock(block);
}

}  // namespace tally::bus
