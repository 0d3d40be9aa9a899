#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::bus {

// What stands in the place of a person's name once it was erased.
inline constexpr char kErased[] = "[erased]";

// An event's payload, rid of a person.
struct ErasedPayload {
  bool changed = false;  // false: the event does not name this person
  std::string payload;   // as it was where nothing changed
};

// Erases a person from an event: in the messages of the payload that name `subject` in a field
// marked PERSONAL_SUBJECT (see tally/events/v1/personal.proto), all those fields become kErased,
// and the fields marked PERSONAL_TEXT of the whole event become empty. NOT_FOUND when no message of
// this type is linked in, DATA_LOSS when the payload is none. Pure.
absl::StatusOr<ErasedPayload> ErasePerson(const std::string& type, const std::string& payload,
                                          absl::string_view subject);

}  // namespace tally::bus
