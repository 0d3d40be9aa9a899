#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally::bus {

// The version that the server at HOST:PORT greets with, on a connection made for that alone: nats.c
// has no function that tells it. Empty where it cannot be had: the server greets encrypted
// connections only, or does not answer within `timeout` for each of connecting and greeting.
std::string AskServerVersion(const std::string& address, absl::Duration timeout);

// Of a greeting, `INFO {"version":"2.9.10",…}`; empty for anything else.
std::string ParseServerVersion(absl::string_view greeting);

}  // namespace tally::bus
