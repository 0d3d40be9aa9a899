#include "client/calls/channel.h"

#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/base/monotonic.h"

namespace tally::client {

std::shared_ptr<grpc::Channel> OpenChannel(const Peer& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Despite its name the time one attempt to connect may take: room for a server under load.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Without the filters that nothing here asks for; that of deadlines is one of them.
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  arguments.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 1);
  arguments.SetUserAgentPrefix("tally/" TALLY_VERSION);
  if (!server.name.empty()) arguments.SetSslTargetNameOverride(server.name);
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      server.address.ToString(), rpc::ClientCredentials(server.tls), arguments,
      SendWithEachCall(server.token));
}

gpr_timespec ToGprTime(absl::Duration monotonic) {
  const absl::Duration wait = monotonic - base::MonotonicNow();
  // Of a time that is now gRPC makes a wait of a millisecond.
  if (wait <= absl::ZeroDuration()) return gpr_inf_past(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(absl::ToInt64Nanoseconds(wait), GPR_TIMESPAN));
}

}  // namespace tally::client
