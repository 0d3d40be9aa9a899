#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tally::base {

// One broken rule. `field` is the path a caller knows it by ("lines[3].quantity",
// "--max_event_bytes"), `description` says what is allowed.
struct Violation {
  std::string field;
  std::string description;

  friend bool operator==(const Violation&, const Violation&) = default;
};

// Everything that is wrong with one input, so that a caller learns it at once. Not thread-safe.
class Violations {
 public:
  void Add(std::string field, std::string description) {
    list_.push_back({std::move(field), std::move(description)});
  }

  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }

 private:
  std::vector<Violation> list_;
};

}  // namespace tally::base
