#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/uuid.h"

namespace tally::base {

// The place of one event, handed to callers as an opaque string: "count this one before you
// answer". At most 64 printable ASCII characters.
struct ConsistencyToken {
  Uuid lane_id;
  int64_t sequence = 0;  // 1 or more

  std::string Encode() const;

  // InvalidArgument for every text that Encode() cannot have made.
  static absl::StatusOr<ConsistencyToken> Parse(absl::string_view text);

  friend bool operator==(const ConsistencyToken&, const ConsistencyToken&) = default;
};

}  // namespace tally::base
