#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tally::config {

// Where a service keeps its data: sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME. May
// hold a password: never logged. As a flag only the form is checked; whether the database is there
// is found out by opening it.
struct DatabaseUrl {
  std::string url;

  bool operator==(const DatabaseUrl&) const = default;
};

bool AbslParseFlag(absl::string_view text, DatabaseUrl* value, std::string* error);
std::string AbslUnparseFlag(const DatabaseUrl& value);

}  // namespace tally::config
