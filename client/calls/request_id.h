#pragma once

#include <string>

namespace tally::client {

// One that nobody has used.
std::string NewRequestId();

}  // namespace tally::client
