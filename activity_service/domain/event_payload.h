#pragma once

#include <cstddef>

#include <google/protobuf/arena.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/money.h"
#include "common/bus/event.h"
#include "google/type/money.pb.h"

namespace tally::activity {

// The payload of an event, read; not thread-safe.
template <typename Message>
class Payload {
 public:
  // InvalidArgument if the payload is not what its type says.
  absl::Status Read(const bus::Event& event) {
    if (message_.ParseFromString(event.payload)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("the payload is no ", Message::descriptor()->full_name()));
  }
  const Message* operator->() const { return &message_; }

 private:
  alignas(std::max_align_t) char block_[2048];  // enough for a usual event
  google::protobuf::Arena arena_{block_, sizeof(block_)};
  Message& message_ = *google::protobuf::Arena::CreateMessage<Message>(&arena_);
};

// InvalidArgument, naming `field`, if it is absent or no google.type.Money.
absl::StatusOr<base::Money> ReadMoney(const google::type::Money& message, absl::string_view field);

}  // namespace tally::activity
