#pragma once

#include <string>

namespace tally::client {

enum class Consent {
  kGiven,
  kRefused,
  kNobodyToAsk,  // input is no terminal
};

// Asks on the terminal; blocks until there is an answer. Only `y` or `yes` is consent.
Consent Ask(const std::string& question);

}  // namespace tally::client
