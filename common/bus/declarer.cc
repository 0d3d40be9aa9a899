#include "common/bus/declarer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace tally::bus {

Declarer::Declarer(StreamConfig stream, std::optional<DurableConfig> durable, Bus& bus,
                   base::Clock& clock, telemetry::Telemetry& telemetry)
    : stream_(std::move(stream)),
      durable_(std::move(durable)),
      bus_(bus),
      clock_(clock),
      log_(telemetry.log),
      differences_(telemetry.metrics.AddGauge(
          "tally_bus_differences",
          "Settings of stream and durable that are not as declared; `tally provision` lists them.",
          {{"stream", stream_.name}})) {}

absl::Status Declarer::Declare(absl::Duration timeout) {
  absl::StatusOr<std::vector<std::string>> found = DeclareBoth(clock_.Now() + timeout);
  if (!found.ok()) {
    const absl::Status failure = Advise(found.status());
    Note("cannot declare stream or durable", std::string(failure.message()));
    absl::MutexLock lock(&mutex_);
    state_.failure = failure;
    return failure;
  }
  differences_.Set(static_cast<double>(found->size()));
  Note("stream or durable differs from what is declared", absl::StrJoin(*found, "; "));
  absl::MutexLock lock(&mutex_);
  state_ = {.looked = clock_.Now(), .differences = *std::move(found), .failure = {}};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Declarer::DeclareBoth(absl::Time deadline) {
  ASSIGN_OR_RETURN(Declared stream, bus_.Declare(stream_, deadline));
  if (stream.created) log_.Info("stream created", {{"stream", stream_.name}});
  if (!durable_.has_value()) return std::move(stream.differences);
  ASSIGN_OR_RETURN(const Declared durable, bus_.Declare(*durable_, deadline));
  if (durable.created) log_.Info("durable created", {{"durable", durable_->name}});
  stream.differences.insert(stream.differences.end(), durable.differences.begin(),
                            durable.differences.end());
  return std::move(stream.differences);
}

absl::Status Declarer::Advise(const absl::Status& failure) const {
  if (!absl::IsPermissionDenied(failure)) return failure;
  return absl::PermissionDeniedError(absl::StrCat(
      failure.message(), ": run `tally provision` with an account that may",
      durable_.has_value() ? absl::StrCat("; the durable ", durable_->description) : ""));
}

void Declarer::Note(const std::string& message, const std::string& what) {
  if (std::exchange(noted_, what) == what) return;
  if (what.empty()) {
    log_.Info("stream and durable are as declared", {{"stream", stream_.name}});
  } else {
    log_.Warning(message, {{"stream", stream_.name}, {"what", what}});
  }
}

DeclarationState Declarer::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

}  // namespace tally::bus
