#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/money.h"
#include "common/bus/event.h"
#include "google/type/money.pb.h"

namespace tally::activity {

// The payload as the message that its type names; InvalidArgument if it is not one.
template <typename Message>
absl::StatusOr<Message> DecodePayload(const bus::Event& event) {
  Message message;
  if (message.ParseFromString(event.payload)) return message;
  return absl::InvalidArgumentError(
      absl::StrCat("the payload is no ", Message::descriptor()->full_name()));
}

// InvalidArgument, naming `field`, if it is absent or no google.type.Money.
absl::StatusOr<base::Money> ReadMoney(const google::type::Money& message, absl::string_view field);

}  // namespace tally::activity
