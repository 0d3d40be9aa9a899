#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace tally::testkit {

// Where in bytes that a nats-server sent a message stands.
struct MessagePlace {
  std::optional<size_t> begin;  // Nothing: there is none.
  size_t bytes = 0;
};

// The first acknowledgement of a publish to a stream that stands in the bytes whole, from "MSG" to
// its last line end. Pure function.
MessagePlace FindPublishAck(absl::string_view bytes);

}  // namespace tally::testkit
