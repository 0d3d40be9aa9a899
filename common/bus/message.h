#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally::bus {

// Header names and values in order; names are compared as written.
class Headers {
 public:
  // Replaces the value of `name`, if there is one.
  void Set(std::string name, std::string value);
  // Appends without looking for one of the same name.
  void Add(std::string name, std::string value);
  // The first value, or an empty view when the header is absent.
  absl::string_view Get(absl::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct Message {
  std::string subject;
  Headers headers;
  std::string payload;
};

// A message in a consumer's hand, not yet acknowledged.
struct Delivery {
  Message message;
  std::string reply;            // where acknowledgements go
  int64_t stream_sequence = 0;  // position in the stream, not in a lane
  int64_t delivery_count = 1;   // 1 for the first time
  absl::Time stored_time;       // when the stream took it
  int64_t pending = 0;          // messages in the stream behind this one, for this consumer
  uint64_t epoch = 0;           // the consumer's own: those of an earlier one are not acknowledged
};

// A question that was put to this process by request, not answered yet.
struct Question {
  std::string subject;
  std::string body;
  std::string reply;  // where the answer goes
};

}  // namespace tally::bus
