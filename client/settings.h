#pragma once

#include "absl/time/time.h"
#include "client/calls/channel.h"
#include "common/base/violations.h"

namespace tally::client {

// What every command knows.
struct Settings {
  Peer orders;
  Peer activity;
  bool json = false;        // print responses as protobuf JSON, one message on a line
  absl::Duration deadline;  // how long one request is tried again
};

// Reads the flags after config::Parse and adds a problem for each value out of range.
Settings ReadSettings(base::Violations& problems);

}  // namespace tally::client
