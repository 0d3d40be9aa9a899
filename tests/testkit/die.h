#pragma once

#include "absl/strings/string_view.h"

namespace tally::testkit {

// Ends the test process with `what` and the text of errno: for what no test can go on without, such
// as a file or a port.
[[noreturn]] void Die(absl::string_view what);

}  // namespace tally::testkit
