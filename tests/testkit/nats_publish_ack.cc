#include "tests/testkit/nats_publish_ack.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace tally::testkit {
namespace {

constexpr absl::string_view kLineEnd = "\r\n";
constexpr absl::string_view kHead = "MSG _INBOX.";

}  // namespace

MessagePlace FindPublishAck(absl::string_view bytes) {
  for (size_t begin = bytes.find(kHead); begin != absl::string_view::npos;
       begin = bytes.find(kHead, begin + 1)) {
    if (begin > 0 && bytes[begin - 1] != '\n') continue;
    const size_t line = bytes.find(kLineEnd, begin);
    if (line == absl::string_view::npos) break;
    const std::vector<absl::string_view> words =
        absl::StrSplit(bytes.substr(begin, line - begin), ' ');
    const size_t payload = line + kLineEnd.size();
    size_t size = 0;
    if (!absl::SimpleAtoi(words.back(), &size)) continue;
    if (payload + size + kLineEnd.size() > bytes.size()) continue;
    if (!absl::StartsWith(bytes.substr(payload), "{\"stream\":")) continue;
    return {begin, payload + size + kLineEnd.size() - begin};
  }
  return {};
}

}  // namespace tally::testkit
