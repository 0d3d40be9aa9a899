#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/violations.h"
#include "common/outbox/parked_store.h"
#include "common/rpc/page.h"

namespace tally::ops {

// What calls say, checked. Each adds a violation for what is wrong, and returns something that may
// only be used when none was added.

using Texts = google::protobuf::RepeatedPtrField<std::string>;

// Empty, or a UUID; in lower case.
std::string ReadLaneId(const std::string& text, base::Violations& violations,
                       absl::string_view field = "lane_id");

// "<lane_id>/<sequence>" of each, 1 to 1,000.
std::vector<outbox::EventKey> ReadEventKeys(const Texts& event_ids, base::Violations& violations);

// 1 to 1,000 letters' ids.
void CheckLetterIds(const Texts& event_ids, base::Violations& violations);

// Printable, and no longer than names are.
void CheckName(absl::string_view field, const std::string& text, base::Violations& violations);

// 1 to 256 characters.
void CheckReason(const std::string& reason, base::Violations& violations);

// A page with payloads ends behind so many bytes of them: as JSON they take several times as much.
inline constexpr int64_t kPayloadBytesMax = 1 << 20;

// A page of a list: how long it is, and the parts of the place behind which it begins.
struct PageRequest {
  int size = 0;
  std::optional<std::vector<std::string>> after;
};
template <typename Request>
PageRequest ReadPage(const Request& request, size_t parts, base::Violations& violations) {
  PageRequest page{.size = rpc::ReadPageSize(request.page_size(), violations), .after = {}};
  if (request.page_token().empty()) return page;
  auto place = rpc::ParsePageToken(request.page_token(), rpc::QueryOf(request), parts);
  if (place.ok()) {
    page.after = *std::move(place);
  } else {
    violations.Add("page_token", std::string(place.status().message()));
  }
  return page;
}

// The number a part of a place holds; a violation if it holds none.
int64_t ReadPart(const std::string& part, base::Violations& violations);

// OK, or INVALID_ARGUMENT with what was found.
absl::Status Verdict(const base::Violations& violations);

}  // namespace tally::ops
