#include "tests/bench/empty_calls.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client/calls/channel.h"
#include "client/load/latency_histogram.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/config/host_port.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace tally::bench {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr int kConnectionsMax = 4;
constexpr absl::Duration kPatience = absl::Seconds(30);

// One connection with its completion queue and thread.
class Caller {
 public:
  Caller(const config::HostPort& server, int in_flight, absl::Duration end)
      : stub_(Health::NewStub(client::OpenChannel({server}))),
        end_(end),
        calls_(static_cast<size_t>(in_flight)),
        thread_([this] { Run(); }) {}

  // Blocks until all calls are answered; false if one failed.
  bool Finish() {
    thread_.join();
    return failed_ == 0;
  }
  const client::LatencyHistogram& latency() const { return latency_; }

 private:
  struct Call {
    std::optional<grpc::ClientContext> context;
    HealthCheckResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<HealthCheckResponse>> reader;
    absl::Duration sent;
  };

  void Send(Call& call) {
    call.context.emplace();
    call.context->set_deadline(client::ToGprTime(end_ + kPatience));
    call.sent = base::MonotonicNow();
    call.reader = stub_->AsyncCheck(&*call.context, HealthCheckRequest(), &queue_);
    call.reader->Finish(&call.response, &call.status, &call);
  }

  void Run() {
    for (Call& call : calls_) Send(call);
    void* tag = nullptr;
    bool ok = false;
    for (size_t under_way = calls_.size(); under_way > 0;) {
      queue_.Next(&tag, &ok);
      Call& call = *static_cast<Call*>(tag);
      const absl::Duration now = base::MonotonicNow();
      latency_.Add(now - call.sent);
      failed_ += call.status.ok() ? 0 : 1;
      if (now < end_) {
        Send(call);
      } else {
        --under_way;
      }
    }
  }

  const std::unique_ptr<Health::Stub> stub_;
  const absl::Duration end_;
  grpc::CompletionQueue queue_;
  std::deque<Call> calls_;
  client::LatencyHistogram latency_;
  int failed_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<EmptyCallsResult> RunEmptyCalls(const std::string& address, int in_flight,
                                               absl::Duration span) {
  ASSIGN_OR_RETURN(const config::HostPort server, config::HostPort::Parse(address));
  const int connections = std::min(in_flight, kConnectionsMax);
  const absl::Duration start = base::MonotonicNow();
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < connections; ++i) {
    callers.push_back(std::make_unique<Caller>(server, in_flight / connections, start + span));
  }
  client::LatencyHistogram latency;
  bool all_ok = true;
  for (const auto& caller : callers) {
    all_ok = caller->Finish() && all_ok;
    latency.Merge(caller->latency());
  }
  if (!all_ok) return absl::InternalError("an empty call failed");
  return EmptyCallsResult{.calls_per_second = static_cast<double>(latency.count()) /
                                              absl::ToDoubleSeconds(base::MonotonicNow() - start),
                          .p50_us = absl::ToDoubleMicroseconds(latency.Percentile(50))};
}

}  // namespace tally::bench
