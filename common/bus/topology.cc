#include "common/bus/topology.h"

#include "absl/strings/str_cat.h"

namespace tally::bus {

StreamConfig OrdersStream() { return {.name = "ORDERS", .subjects = {"orders.v1.>"}}; }

DurableConfig DurableOf(const StreamConfig& stream, const std::string& consumer,
                        absl::string_view database_id) {
  return {.stream = stream.name, .name = consumer, .description = DescriptionOf(database_id)};
}

std::string DescriptionOf(absl::string_view database_id) {
  return absl::StrCat("feeds database ", database_id);
}

}  // namespace tally::bus
