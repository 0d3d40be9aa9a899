#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/bus/bus.h"

namespace tally::bus {

// What keeps a stream's messages, as far as the server shows it in its answer to STREAM.INFO: see
// StreamState::durability. Whether it syncs before it acknowledges stands in no answer that an
// account may ask for. Pure, as is the next.
std::map<std::string, std::string> StreamDurability(const nlohmann::json& info);

// What keeps fewer copies than declared, or weaker ones: "replicas is 1 and must be 3". Empty: all
// is as declared.
std::vector<std::string> Shortcomings(const StreamState& state, const StreamConfig& declared);

}  // namespace tally::bus
