#include "common/outbox/outbox_event.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tally::outbox {

std::string EncodeHeaders(const OutboxEvent& event) {
  std::string headers = absl::StrCat("time:", absl::ToUnixMicros(event.time));
  if (!event.traceparent.empty()) absl::StrAppend(&headers, "\ntraceparent:", event.traceparent);
  return headers;
}

absl::Status DecodeHeaders(absl::string_view headers, OutboxEvent& event) {
  bool has_time = false;
  for (absl::string_view line : absl::StrSplit(headers, '\n')) {
    const std::pair<absl::string_view, absl::string_view> header =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (header.first == "time") {
      int64_t micros = 0;
      has_time = absl::SimpleAtoi(header.second, &micros);
      event.time = absl::FromUnixMicros(micros);
    } else if (header.first == "traceparent") {
      event.traceparent = std::string(header.second);
    }
  }
  if (!has_time) return absl::DataLossError(absl::StrCat("event ", event.sequence, " has no time"));
  return absl::OkStatus();
}

}  // namespace tally::outbox
