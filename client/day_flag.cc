#include "client/day_flag.h"

#include "absl/status/statusor.h"
#include "common/base/civil_day.h"

namespace tally::client {

std::optional<absl::CivilDay> ReadDay(const std::string& text, const std::string& flag,
                                      base::Violations& problems) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<absl::CivilDay> day = base::ParseDate(text);
  if (day.ok()) return *day;
  problems.Add(flag, std::string(day.status().message()));
  return std::nullopt;
}

}  // namespace tally::client
