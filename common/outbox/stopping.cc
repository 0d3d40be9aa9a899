#include "common/outbox/stopping.h"

#include "absl/strings/cord.h"

namespace tally::outbox {
namespace {

constexpr char kMark[] = "tally.outbox/stopping";

}  // namespace

absl::Status StoppingError() {
  absl::Status error = absl::UnavailableError("shutting down");
  error.SetPayload(kMark, absl::Cord());
  return error;
}

bool IsStopping(const absl::Status& status) { return status.GetPayload(kMark).has_value(); }

}  // namespace tally::outbox
