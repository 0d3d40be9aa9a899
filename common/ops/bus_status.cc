#include "common/ops/bus_status.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/bus/stream_durability.h"
#include "common/rpc/google_types.h"

namespace tally::ops {

absl::Time BusDeadline() { return absl::Now() + absl::Seconds(1); }

void FillBusStatus(bus::Bus& bus, const bus::StreamConfig& stream,
                   const std::vector<std::string>& differences, v1::BusStatus& status,
                   Alarms& alarms) {
  status.set_connected(bus.Connected());
  status.set_server_version(bus.ServerVersion());
  status.set_stream(stream.name);
  const absl::StatusOr<bus::StreamState> state = bus.GetStreamState(stream.name, BusDeadline());
  if (state.ok()) {
    rpc::ToMessage(state->created, *status.mutable_stream_create_time());
    status.set_stream_last_sequence(state->last_sequence);
    status.set_stream_messages(state->messages);
    status.set_stream_bytes(state->bytes);
    status.mutable_durability()->insert(state->durability.begin(), state->durability.end());
    const std::vector<std::string> shortcomings = bus::Shortcomings(*state, stream);
    if (!shortcomings.empty()) {
      Raise(kBusNotDurable, absl::StrJoin(shortcomings, ", "), absl::InfinitePast(), alarms);
    }
  } else {
    Raise(kBusUnreachable, absl::StrCat("stream ", stream.name, ": ", state.status().message()),
          absl::InfinitePast(), alarms);
  }
  for (const std::string& difference : differences) status.add_differences(difference);
  if (!differences.empty()) {
    Raise(kBusDiffers, absl::StrJoin(differences, "; "), absl::InfinitePast(), alarms);
  }
}

}  // namespace tally::ops
