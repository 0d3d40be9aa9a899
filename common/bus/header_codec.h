#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/bus/message.h"
#include "common/bus/nats_handles.h"

namespace tally::bus {

// Headers as they travel: "NATS/1.0\r\n", lines of "name: value\r\n", "\r\n". nats.c builds a hash
// table for each message it reads or writes, which costs more than all the rest of a delivery;
// these go around it.

// The lines. Characters that would end a line or the text (CR, LF, NUL) become spaces.
std::string EncodeHeaderLines(const Headers& headers);

// What is not a line with a colon is left out; values lose the spaces around them.
Headers ParseHeaderBlock(absl::string_view block);

// Gives a message that has no headers yet all of `headers` and the one named last.
natsStatus SetHeaders(natsMsg* message, const Headers& headers, const char* last_name,
                      const std::string& last_value);

// The headers of a received message whose headers were not read before.
Headers ReadHeaders(natsMsg* message);

}  // namespace tally::bus
