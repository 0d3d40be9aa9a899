#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The names Abseil's own macros have had inside Google for years; the Abseil built against has
// none.

// Returns the status of `expr` (absl::Status) from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(...) \
  TALLY_RETURN_IF_ERROR_(TALLY_UNIQUE_(tally_status_, __COUNTER__), __VA_ARGS__)

// Assigns the value of `expr` (absl::StatusOr<T>) to `lhs`, which may declare it, or returns its
// status:
//   ASSIGN_OR_RETURN(const Uuid lane_id, Uuid::Parse(text));
#define ASSIGN_OR_RETURN(lhs, ...) \
  TALLY_ASSIGN_OR_RETURN_(TALLY_UNIQUE_(tally_status_or_, __COUNTER__), lhs, __VA_ARGS__)

#define TALLY_RETURN_IF_ERROR_(status, ...)                                 \
  do {                                                                      \
    if (::absl::Status status = (__VA_ARGS__); !status.ok()) return status; \
  } while (false)

#define TALLY_ASSIGN_OR_RETURN_(status_or, lhs, ...)         \
  auto status_or = (__VA_ARGS__);                            \
  if (!status_or.ok()) return std::move(status_or).status(); \
  lhs = *std::move(status_or)

#define TALLY_UNIQUE_(prefix, id) TALLY_CONCAT_(prefix, id)
#define TALLY_CONCAT_(a, b) a##b
