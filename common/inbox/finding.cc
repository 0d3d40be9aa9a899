#include "common/inbox/finding.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tally::inbox {
namespace {

constexpr std::pair<Finding::Verdict, absl::string_view> kNames[] = {
    {Finding::Verdict::kUnanswered, "unanswered"},
    {Finding::Verdict::kParked, "parked"},
    {Finding::Verdict::kTrimmed, "trimmed"},
    {Finding::Verdict::kUnknown, "unknown"},
};

bool EndsBefore(const Finding& a, const Finding& b) {
  return std::tie(a.lane_id, a.range.last) < std::tie(b.lane_id, b.range.first);
}

}  // namespace

absl::string_view Name(Finding::Verdict verdict) {
  for (const auto& [value, name] : kNames) {
    if (value == verdict) return name;
  }
  return "";
}

absl::StatusOr<Finding::Verdict> ParseVerdict(absl::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return absl::DataLossError(absl::StrCat("unknown verdict: ", name));
}

void SortFindings(std::vector<Finding>& findings) {
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.lane_id, a.range.first) < std::tie(b.lane_id, b.range.first);
  });
}

void KeepNoticeTimes(absl::Span<const Finding> before, std::vector<Finding>& findings) {
  auto old = before.begin();
  for (Finding& finding : findings) {
    while (old != before.end() && EndsBefore(*old, finding)) ++old;
    for (auto part = old; part != before.end() && !EndsBefore(finding, *part); ++part) {
      finding.noticed = std::min(finding.noticed, part->noticed);
    }
  }
}

}  // namespace tally::inbox
