#include "common/bus/message.h"

namespace tally::bus {
namespace {

constexpr size_t kUsualCount = 12;  // an event's, and the message id

}  // namespace

void Headers::Set(std::string name, std::string value) {
  for (auto& [known, old] : entries_) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  Add(std::move(name), std::move(value));
}

void Headers::Add(std::string name, std::string value) {
  if (entries_.empty()) entries_.reserve(kUsualCount);
  entries_.emplace_back(std::move(name), std::move(value));
}

absl::string_view Headers::Get(absl::string_view name) const {
  for (const auto& [known, value] : entries_) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace tally::bus
