#include <algorithm>
#include <cstdio>
#include <limits>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/terminal/order_view.h"
#include "common/rpc/google_types.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {
namespace {

constexpr int kPageOrdersMax = 500;

orders::v1::Order::State ReadState(base::Violations& problems) {
  const std::string state = absl::GetFlag(FLAGS_state);
  if (state.empty()) return orders::v1::Order::STATE_UNSPECIFIED;
  if (state == "placed") return orders::v1::Order::STATE_PLACED;
  if (state == "cancelled") return orders::v1::Order::STATE_CANCELLED;
  problems.Add("--state", "must be `placed` or `cancelled`");
  return orders::v1::Order::STATE_UNSPECIFIED;
}

orders::v1::ListOrdersRequest ReadRequest(base::Violations& problems) {
  orders::v1::ListOrdersRequest request;
  request.set_customer(absl::GetFlag(FLAGS_customer));
  if (!IsUtf8(request.customer())) problems.Add("--customer", "must be UTF-8");
  request.set_state(ReadState(problems));
  if (absl::GetFlag(FLAGS_newest_first)) request.set_order_by("place_time desc");
  if (const std::string from = absl::GetFlag(FLAGS_from); !from.empty()) {
    const absl::StatusOr<absl::Time> time = ParseTimeOrDay(from, false);
    if (!time.ok()) problems.Add("--from", std::string(time.status().message()));
    if (time.ok()) rpc::ToMessage(*time, *request.mutable_start_time());
  }
  if (const std::string to = absl::GetFlag(FLAGS_to); !to.empty()) {
    const absl::StatusOr<absl::Time> time = ParseTimeOrDay(to, true);
    if (!time.ok()) problems.Add("--to", std::string(time.status().message()));
    if (time.ok()) rpc::ToMessage(*time, *request.mutable_end_time());
  }
  if (absl::GetFlag(FLAGS_limit) < 0) problems.Add("--limit", "must be 0 or more");
  return request;
}

// Prints each page when it comes.
class Listing {
 public:
  explicit Listing(bool json) : json_(json) {}

  void Add(const orders::v1::ListOrdersResponse& page) {
    if (json_) {
      std::puts(ToJson(page).c_str());
    } else {
      const std::vector<orders::v1::Order> orders(page.orders().begin(), page.orders().end());
      const std::string table = TableOfOrders(orders);
      std::fputs(listed_ == 0 ? table.c_str() : table.substr(table.find('\n') + 1).c_str(), stdout);
    }
    listed_ += page.orders_size();
  }

  int listed() const { return listed_; }

 private:
  const bool json_;
  int listed_ = 0;
};

}  // namespace

ExitCode RunList(Invocation& invocation) {
  orders::v1::ListOrdersRequest request = ReadRequest(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  const Settings& settings = invocation.settings;
  const auto stub = orders::v1::OrderService::NewStub(OpenChannel(settings.orders));
  const int limit = absl::GetFlag(FLAGS_limit);
  const int orders_max = limit == 0 ? std::numeric_limits<int>::max() : limit;
  Listing listing(settings.json);
  do {
    request.set_page_size(std::min(orders_max - listing.listed(), kPageOrdersMax));
    orders::v1::ListOrdersResponse page;
    const grpc::Status status = CallUntil(
        settings.deadline, settings.orders,
        [&](grpc::ClientContext& context) { return stub->ListOrders(&context, request, &page); });
    if (!status.ok()) {
      std::fprintf(stderr, "tally: %s", Describe(status).c_str());
      return ExitCodeOf(status);
    }
    listing.Add(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && listing.listed() < orders_max);
  if (!request.page_token().empty() && !settings.json) {
    std::fprintf(stderr, "There are more; --limit=0 lists all.\n");
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
