#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace tally::base {

// The digits after the decimal point of an active ISO 4217 currency ("GBP": 2, "JPY": 0, "KWD": 3,
// "CLF": 4); nullopt for every other text. Codes without a minor unit (metals, test and "no
// currency" codes) are not currencies here.
std::optional<int> MinorUnits(absl::string_view currency);

}  // namespace tally::base
