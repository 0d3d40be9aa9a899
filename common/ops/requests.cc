#include "common/ops/requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/rpc/errors.h"

namespace tally::ops {
namespace {

constexpr int kIdsMax = 1000;
constexpr int kNameCharsMax = 256;
constexpr int kReasonCharsMax = 256;

bool CheckCount(const Texts& event_ids, const std::string& field, base::Violations& violations) {
  const bool right = !event_ids.empty() && event_ids.size() <= kIdsMax;
  if (!right) violations.Add(field, absl::StrCat("must name 1 to ", kIdsMax));
  return right;
}

std::optional<outbox::EventKey> ParseEventKey(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 1));
  const absl::StatusOr<base::Uuid> lane = base::Uuid::Parse(parts.first);
  int64_t sequence = 0;
  if (!lane.ok() || !absl::SimpleAtoi(parts.second, &sequence) || sequence < 1) return {};
  return outbox::EventKey{lane->ToString(), sequence};
}

}  // namespace

std::string ReadLaneId(const std::string& text, base::Violations& violations,
                       absl::string_view field) {
  if (text.empty()) return text;
  const absl::StatusOr<base::Uuid> lane = base::Uuid::Parse(text);
  if (lane.ok()) return lane->ToString();
  violations.Add(std::string(field), "must be a UUID such as 01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  return "";
}

std::vector<outbox::EventKey> ReadEventKeys(const Texts& event_ids, base::Violations& violations) {
  std::vector<outbox::EventKey> keys;
  if (!CheckCount(event_ids, "event_ids", violations)) return keys;
  for (int i = 0; i < event_ids.size(); ++i) {
    const std::optional<outbox::EventKey> key = ParseEventKey(event_ids[i]);
    if (key.has_value()) {
      keys.push_back(*key);
    } else {
      violations.Add(absl::StrCat("event_ids[", i, "]"), "must be <lane_id>/<sequence>");
    }
  }
  return keys;
}

void CheckLetterIds(const Texts& event_ids, base::Violations& violations) {
  if (!CheckCount(event_ids, "ids.event_ids", violations)) return;
  for (int i = 0; i < event_ids.size(); ++i) {
    if (auto problem = base::TextProblem(event_ids[i], 1, kNameCharsMax)) {
      violations.Add(absl::StrCat("ids.event_ids[", i, "]"), *std::move(problem));
    }
  }
}

void CheckName(absl::string_view field, const std::string& text, base::Violations& violations) {
  if (auto problem = base::TextProblem(text, 0, kNameCharsMax)) {
    violations.Add(std::string(field), *std::move(problem));
  }
}

void CheckReason(const std::string& reason, base::Violations& violations) {
  if (auto problem = base::TextProblem(reason, 1, kReasonCharsMax)) {
    violations.Add("reason", *std::move(problem));
  }
}

int64_t ReadPart(const std::string& part, base::Violations& violations) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(part, &number)) violations.Add("page_token", "is damaged");
  return number;
}

absl::Status Verdict(const base::Violations& violations) {
  return violations.empty() ? absl::OkStatus() : rpc::BadRequest(violations);
}

}  // namespace tally::ops
