#include "common/bus/declarer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/bus/stream_durability.h"

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
          {{"stream", stream_.name}})),
      replicas_(telemetry.metrics.AddGauge("tally_bus_stream_replicas",
                                           "Servers that keep the stream, as last seen.",
                                           {{"stream", stream_.name}})),
      shortcomings_(telemetry.metrics.AddGauge(
          "tally_bus_stream_shortcomings",
          "In how many ways the stream is kept less durably than declared, as last seen.",
          {{"stream", stream_.name}})),
      shared_(std::make_shared<Shared>()) {
  telemetry.health.AddDetail("bus", [weak = std::weak_ptr(shared_)] {
    const std::shared_ptr<Shared> shared = weak.lock();
    if (shared == nullptr) return std::string();
    absl::MutexLock lock(&shared->mutex);
    const DeclarationState state = shared->state;
    return absl::StrCat(state.durability,
                        state.shortcomings.empty() ? "" : "; less than declared: ",
                        absl::StrJoin(state.shortcomings, ", "));
  });
}

absl::Status Declarer::Declare(absl::Duration timeout) {
  const absl::Time deadline = clock_.Now() + timeout;
  absl::StatusOr<std::vector<std::string>> found = DeclareBoth(deadline);
  if (!found.ok()) {
    const absl::Status failure = Advise(found.status());
    Note("cannot declare stream or durable", std::string(failure.message()));
    absl::MutexLock lock(&shared_->mutex);
    shared_->state.failure = failure;
    return failure;
  }
  differences_.Set(static_cast<double>(found->size()));
  Note("stream or durable differs from what is declared", absl::StrJoin(*found, "; "));
  DeclarationState state = this->state();
  state.looked = clock_.Now();
  state.differences = *std::move(found);
  state.failure = absl::OkStatus();
  LookAtDurability(deadline, state);
  absl::MutexLock lock(&shared_->mutex);
  shared_->state = std::move(state);
  return absl::OkStatus();
}

void Declarer::LookAtDurability(absl::Time deadline, DeclarationState& state) {
  const absl::StatusOr<StreamState> stream = bus_.GetStreamState(stream_.name, deadline);
  if (!stream.ok()) return;
  state.durability =
      absl::StrCat("stream ", stream_.name, " on nats-server ", bus_.ServerVersion(), " (",
                   absl::StrJoin(stream->durability, " ", absl::PairFormatter("=")), ")");
  state.shortcomings = Shortcomings(*stream, stream_);
  replicas_.Set(static_cast<double>(stream->replicas));
  shortcomings_.Set(static_cast<double>(state.shortcomings.size()));
  if (std::exchange(noted_durability_, state.durability) == state.durability) return;
  if (state.shortcomings.empty()) {
    log_.Info("what the bus promises", {{"durability", state.durability}});
  } else {
    log_.Error(
        "the bus is less durable than declared",
        {{"why", absl::StrJoin(state.shortcomings, ", ")}, {"durability", state.durability}});
  }
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
  absl::MutexLock lock(&shared_->mutex);
  return shared_->state;
}

}  // namespace tally::bus
