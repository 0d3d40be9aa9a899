#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally::bench {

// How far a lane is counted, read from activity_service's database by a session of our own: what
// any other reader would see. Cheap enough to be asked a thousand times a second. Not thread-safe.
class Watermark {
 public:
  virtual ~Watermark() = default;
  // 0 for a lane that is not there yet.
  virtual absl::StatusOr<int64_t> Of(const std::string& lane_id) = 0;

  // For a database URL of either kind.
  static absl::StatusOr<std::unique_ptr<Watermark>> Open(const std::string& database_url);
};

}  // namespace tally::bench
