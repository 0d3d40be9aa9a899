#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/event.h"
#include "common/bus/message.h"
#include "order_service/service/placement_request.h"

namespace tally::bench {

// The order all is measured with, as order_service prepares it: three lines, with a request_id.
orders::PlacementRequest ReferenceOrder(const std::string& request_id);

// The message that carries so many events of reference orders, from a sequence on.
bus::Message ReferenceMessage(const std::string& lane_id, int64_t first_sequence, int events);

}  // namespace tally::bench
