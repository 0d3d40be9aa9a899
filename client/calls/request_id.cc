#include "client/calls/request_id.h"

#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"

namespace tally::client {

std::string NewRequestId() {
  base::SystemClock clock;
  return base::UuidV7Source(clock).Next().ToString();
}

}  // namespace tally::client
