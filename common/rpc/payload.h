#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace tally::rpc {

// google.rpc detail messages live in an absl::Status as payloads, under the type URL they have on
// the wire.

inline std::string TypeUrlOf(const google::protobuf::Message& message) {
  return absl::StrCat("type.googleapis.com/", message.GetTypeName());
}

inline void SetPayload(absl::Status& status, const google::protobuf::Message& message) {
  status.SetPayload(TypeUrlOf(message), absl::Cord(message.SerializeAsString()));
}

}  // namespace tally::rpc
