#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tally::fuzz {

// The first byte of the input, taken from it, as one of `kinds`; 0 where there is none.
inline int TakeKind(absl::string_view& input, int kinds) {
  if (input.empty()) return 0;
  const int kind = static_cast<unsigned char>(input.front()) % kinds;
  input.remove_prefix(1);
  return kind;
}

// The input as a message in binary protobuf; false where it is none.
template <typename Message>
bool ParseMessage(absl::string_view input, Message& message) {
  return message.ParseFromArray(input.data(), static_cast<int>(input.size()));
}

}  // namespace tally::fuzz
