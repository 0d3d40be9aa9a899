#include <cstdio>

#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/terminal/order_view.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {

ExitCode RunGet(Invocation& invocation) {
  const std::vector<std::string>& arguments = invocation.arguments;
  if (arguments.size() != 1 || !IsUtf8(arguments[0])) {
    invocation.problems.Add("ORDER_ID", "give one order's id");
  }
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  const auto stub = orders::v1::OrderService::NewStub(OpenChannel(settings.orders));
  orders::v1::GetOrderRequest request;
  request.set_order_id(arguments[0]);
  orders::v1::GetOrderResponse response;
  const grpc::Status status = CallUntil(
      settings.deadline, settings.orders,
      [&](grpc::ClientContext& context) { return stub->GetOrder(&context, request, &response); });
  if (!status.ok()) {
    std::fprintf(stderr, "tally: %s", Describe(status).c_str());
  } else if (settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    std::fputs(DescribeOrder(response.order()).c_str(), stdout);
  }
  return ExitCodeOf(status);
}

}  // namespace tally::client
