#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/money.h"
#include "common/bus/event.h"

namespace tally::activity {

// What one event adds to an activity, at the event's own time.
struct Contribution {
  int64_t count = 1;
  std::optional<base::Money> amount = std::nullopt;  // absent: the activity has no value
};

// One kind of thing that happens in the system and is counted day by day. To add one: write it
// beside orders_created.h and name it in main.cc. Stateless and thread-safe.
class Activity {
 public:
  virtual ~Activity() = default;

  // Lower case, words separated by dots: "orders.created". Stands in the tables, so it never
  // changes. Valid as long as the activity.
  virtual absl::string_view name() const = 0;

  // Full names of the events' messages that it reads, as in ce-type.
  virtual std::vector<std::string> event_types() const = 0;

  // What an event of one of these types adds; may be nothing. InvalidArgument: the event cannot be
  // decoded and never will be.
  virtual absl::StatusOr<std::vector<Contribution>> Read(const bus::Event& event) const = 0;
};

}  // namespace tally::activity
