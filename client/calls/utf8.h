#pragma once

#include "absl/strings/string_view.h"

namespace tally::client {

// Whether the bytes are well-formed UTF-8: nothing else may stand in a message.
bool IsUtf8(absl::string_view text);

// Code points of well-formed UTF-8: near enough the columns it takes in a terminal.
int CharacterCount(absl::string_view text);

}  // namespace tally::client
