#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace tally::ops {

// Shows payloads of the types a service knows as protobuf JSON. Immutable; thread-safe.
class PayloadDecoder {
 public:
  // Generated types: OrderCreated::descriptor(), …
  explicit PayloadDecoder(const std::vector<const google::protobuf::Descriptor*>& types);

  // Empty for an unknown type, and for what is no such message.
  std::string ToJson(absl::string_view type, const std::string& payload) const;

 private:
  absl::flat_hash_map<std::string, const google::protobuf::Descriptor*> types_;
};

}  // namespace tally::ops
