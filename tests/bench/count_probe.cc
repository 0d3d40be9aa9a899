#include "tests/bench/count_probe.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/calls/channel.h"
#include "client/load/order_generator.h"
#include "common/base/consistency_token.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/rpc/tls.h"

namespace tally::bench {
namespace {

constexpr absl::Duration kLook = absl::Microseconds(500);
constexpr absl::Duration kPatience = absl::Minutes(2);

std::unique_ptr<orders::v1::OrderService::Stub> StubOf(const e2e::System& system) {
  base::Violations problems;
  client::Peer server{.address = {"127.0.0.1", system.orders().port()},
                      .tls = rpc::ReadTls(system.tls(), "", problems)};
  if (system.issuer() != nullptr) {
    server.token = client::TokenFile::Open(system.token_file(), problems);
  }
  return orders::v1::OrderService::NewStub(client::OpenChannel(server));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CountProbe>> CountProbe::Start(const e2e::System& system,
                                                              absl::Duration every) {
  ASSIGN_OR_RETURN(auto watermark, Watermark::Open(system.activity_database()));
  return std::unique_ptr<CountProbe>(new CountProbe(std::move(watermark), system, every));
}

CountProbe::CountProbe(std::unique_ptr<Watermark> watermark, const e2e::System& system,
                       absl::Duration every)
    : watermark_(std::move(watermark)),
      orders_(StubOf(system)),
      every_(every),
      thread_([this] { Run(); }) {}

CountProbe::~CountProbe() { Stop().IgnoreError(); }

absl::Status CountProbe::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return status_;
}

void CountProbe::Run() {
  while (!stopping_ && status_.ok()) {
    const absl::Duration next = base::MonotonicNow() + every_;
    status_ = PlaceOne();
    absl::SleepFor(next - base::MonotonicNow());
  }
}

absl::Status CountProbe::PlaceOne() {
  client::OrderGenerator generator({.lines = 3});
  orders::v1::PlaceOrderRequest request;
  generator.Fill(request);
  orders::v1::PlaceOrderResponse response;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const grpc::Status placed = orders_->PlaceOrder(&context, request, &response);
  const absl::Duration answered = base::MonotonicNow();
  if (!placed.ok()) return absl::UnavailableError(placed.error_message());
  ASSIGN_OR_RETURN(const base::ConsistencyToken token,
                   base::ConsistencyToken::Parse(response.consistency_token()));
  const std::string lane_id = token.lane_id.ToString();
  while (true) {
    ASSIGN_OR_RETURN(const int64_t through, watermark_->Of(lane_id));
    const absl::Duration waited = base::MonotonicNow() - answered;
    if (through >= token.sequence) {
      latency_.Add(waited);
      return absl::OkStatus();
    }
    if (waited > kPatience) return absl::DeadlineExceededError("an order was not counted");
    absl::SleepFor(kLook);
  }
}

}  // namespace tally::bench
