#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/bus/bus.h"

namespace tally::bus {

// The streams and durables of this system, declared in one place: services make them where their
// account may, `tally provision` where it may not.

// The stream of order events; replicas, age and size are ReadStreamSettings'.
StreamConfig OrdersStream();

// Names activity_service in its database and its durable on the bus. Never change it: under another
// name every event would be counted again.
inline constexpr char kActivityConsumer[] = "activity_service";

// The durable of `consumer` on `stream`, feeding the database with this identity.
DurableConfig DurableOf(const StreamConfig& stream, const std::string& consumer,
                        absl::string_view database_id);

// A durable's description names the database it feeds: a consumer on another database takes
// nothing from it.
std::string DescriptionOf(absl::string_view database_id);

}  // namespace tally::bus
