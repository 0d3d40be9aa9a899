#include "tests/simulation/sightings.h"

#include "absl/strings/str_format.h"

namespace tally::simulation {
namespace {

constexpr const char* kRareThings[] = {
    "acknowledgement lost",
    "batch of commands bisected",
    "batch of events bisected",
    "broker rolled back",
    "broker wiped",
    "caller told that the outcome is unknown",
    "commit in doubt that did not happen",
    "commit in doubt that happened",
    "delivery of a covered event dropped",
    "duplicate that the stream dropped",
    "durable deleted",
    "event healed",
    "event parked",
    "event trimmed before it was counted",
    "events given to consumers that asked",
    "events trimmed",
    "lane closed by another",
    "letter applied after all",
    "letter dead",
    "many gaps asked for at once",
    "message lost in the stream",
    "paused process woke",
    "parked event discarded",
    "parked event published after all",
    "process killed between steps",
    "process killed in the middle of a step",
    "range above the watermark",
    "redelivery",
    "step in the middle of another's",
    "stream purged",
};

}  // namespace

void Sightings::Add(const Sightings& other) {
  for (const auto& [what, times] : other.seen_) seen_[what] += times;
}

std::vector<std::string> Sightings::Missing() const {
  std::vector<std::string> missing;
  for (const char* what : kRareThings) {
    const auto seen = seen_.find(what);
    if (seen == seen_.end() || seen->second == 0) missing.emplace_back(what);
  }
  return missing;
}

std::string Sightings::ToText() const {
  std::string text;
  for (const auto& [what, times] : seen_) absl::StrAppendFormat(&text, "%12d  %s\n", times, what);
  return text;
}

}  // namespace tally::simulation
