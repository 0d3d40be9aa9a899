#include "common/rpc/server.h"

#include <google/protobuf/descriptor.h>
#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/resource_quota.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/rpc/jwt_authenticator.h"
#include "common/rpc/method.h"

namespace tally::rpc {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kPingIntervalMinMs = 5'000;  // a client that pings oftener is cut off
// Idle for this many looks in a row: the last answers have reached their callers.
constexpr int kIdleLooks = 20;
constexpr absl::Duration kLookInterval = absl::Milliseconds(10);

void Configure(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.receive_bytes_max);
  builder.SetResourceQuota(
      grpc::ResourceQuota("server").Resize(static_cast<size_t>(options.memory_bytes_max)));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);  // nobody can ask for its counts
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  // Only reflection is served by the synchronous API.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

std::vector<std::string> NamesOf(const std::vector<ServedService>& services) {
  std::vector<std::string> names;
  for (const ServedService& service : services) names.push_back(service.endpoint->service());
  return names;
}

using Gauges = std::vector<telemetry::Gauge*>;

void AddInFlightGauges(const std::vector<ServedService>& services, telemetry::Metrics& metrics,
                       Gauges& all, Gauges& of_streams) {
  for (const ServedService& service : services) {
    const google::protobuf::ServiceDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            service.endpoint->service());
    TALLY_CHECK(descriptor != nullptr);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const google::protobuf::MethodDescriptor& method = *descriptor->method(i);
      all.push_back(&Method::InFlight(absl::StrCat(service.endpoint->service(), "/", method.name()),
                                      metrics));
      if (method.client_streaming() || method.server_streaming()) of_streams.push_back(all.back());
    }
  }
}

bool AnyUnderWay(const Gauges& in_flight) {
  return std::any_of(in_flight.begin(), in_flight.end(),
                     [](const telemetry::Gauge* gauge) { return gauge->Value() > 0; });
}

}  // namespace

Server::Server(std::vector<ServedService> services, std::unique_ptr<HealthService> health)
    : services_(std::move(services)), health_(std::move(health)) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<ServedService>& services,
                                                      telemetry::Telemetry& telemetry) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::EnableDefaultHealthCheckService(false);
  auto server = absl::WrapUnique(
      new Server(services, std::make_unique<HealthService>(NamesOf(services), telemetry)));
  grpc::ServerBuilder builder;
  Configure(options, builder);
  for (const ServedService& service : services) builder.RegisterService(service.service);
  builder.RegisterService(server->health_.get());
  AddInFlightGauges(services, telemetry.metrics, server->in_flight_, server->streams_in_flight_);
  if (options.jwt == config::JwtSettings()) {
    server->authenticator_ = std::make_unique<NoAuthentication>();
  } else {
    ASSIGN_OR_RETURN(server->authenticator_, JwtAuthenticator::Open(options.jwt, telemetry));
  }
  for (const ServedService& service : services) {
    service.endpoint->SetAuthenticator(server->authenticator_.get());
  }
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (options.tls != config::TlsFiles()) {
    ASSIGN_OR_RETURN(server->certificates_, ServerCertificates::Open(options.tls, telemetry));
    credentials = server->certificates_->credentials();
  }
  int port = 0;
  builder.AddListeningPort(options.listen.ToString(), credentials, &port);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen.ToString()));
  }
  server->address_ = {options.listen.host, port};
  return server;
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

void Server::Shutdown(absl::Duration drain) {
  if (server_ == nullptr || std::exchange(shut_down_, true)) return;
  const absl::Time end = absl::Now() + drain;
  health_->Shutdown();
  for (const ServedService& service : services_) service.end_streams();
  WaitForStreams(absl::Now() + drain / 2);
  base::WakeUp done;
  std::thread disconnect([&] { DisconnectWhenIdle(done); });
  server_->Shutdown(absl::ToChronoTime(end));
  done.Set();
  disconnect.join();
}

void Server::WaitForStreams(absl::Time deadline) {
  base::WakeUp pause;
  while (AnyUnderWay(streams_in_flight_) && absl::Now() < deadline) pause.WaitFor(kLookInterval);
}

void Server::DisconnectWhenIdle(base::WakeUp& done) {
  for (int idle_looks = 0; idle_looks < kIdleLooks; ++idle_looks) {
    if (AnyUnderWay(in_flight_)) idle_looks = 0;
    if (done.WaitFor(kLookInterval)) return;
  }
  grpc_server_cancel_all_calls(server_->c_server());
}

int64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace tally::rpc
