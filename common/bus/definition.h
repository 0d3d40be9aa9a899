#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/bus/bus.h"

namespace tally::bus {

// Streams and durables as JetStream's JSON: the same object creates one and is compared with one
// that exists. It names everything a guarantee rests on, defaults too; what it does not name is the
// operator's. Pure.
nlohmann::json Definition(const StreamConfig& config);
nlohmann::json Definition(const DurableConfig& config);

// A field that is not as wanted, for people.
struct Difference {
  std::string field;
  std::string wanted;
  std::string found;

  // "max_age: wanted 72h, is 24h"
  std::string ToString() const;
};

// Every field of `wanted` that `found` has otherwise. The server leaves out fields that are empty
// or zero.
std::vector<Difference> FindDifferences(const nlohmann::json& wanted, const nlohmann::json& found);
// The same as texts.
std::vector<std::string> Differences(const nlohmann::json& wanted, const nlohmann::json& found);

}  // namespace tally::bus
