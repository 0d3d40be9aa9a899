#include <cstdio>

#include "absl/flags/flag.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/request_id.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/terminal/order_view.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {
namespace {

orders::v1::CancelOrderRequest ReadRequest(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  orders::v1::CancelOrderRequest request;
  if (invocation.arguments.size() != 1 || !IsUtf8(invocation.arguments[0])) {
    problems.Add("ORDER_ID", "give one order's id");
  } else {
    request.set_order_id(invocation.arguments[0]);
  }
  request.set_etag(absl::GetFlag(FLAGS_etag));
  request.set_reason(absl::GetFlag(FLAGS_reason));
  request.set_request_id(absl::GetFlag(FLAGS_request_id));
  if (!IsUtf8(request.etag())) problems.Add("--etag", "must be UTF-8");
  if (!IsUtf8(request.reason())) problems.Add("--reason", "must be UTF-8");
  if (!IsUtf8(request.request_id())) problems.Add("--request_id", "must be UTF-8");
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  return request;
}

}  // namespace

ExitCode RunCancel(Invocation& invocation) {
  const orders::v1::CancelOrderRequest request = ReadRequest(invocation);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  const auto stub = orders::v1::OrderService::NewStub(OpenChannel(settings.orders));
  orders::v1::CancelOrderResponse response;
  const grpc::Status status =
      CallUntil(settings.deadline, settings.orders, [&](grpc::ClientContext& context) {
        return stub->CancelOrder(&context, request, &response);
      });
  if (!status.ok()) {
    std::fprintf(stderr, "tally: %s", Describe(status).c_str());
  } else if (settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    std::fputs(DescribeOrder(response.order()).c_str(), stdout);
    std::printf("token  %s\n", response.consistency_token().c_str());
  }
  return ExitCodeOf(status);
}

}  // namespace tally::client
