#include <cstdio>

#include <unistd.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/request_id.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/terminal/activity_view.h"
#include "client/terminal/terminal.h"
#include "common/base/civil_day.h"
#include "common/rpc/google_types.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {
namespace {

void ReadLines(orders::v1::PlaceOrderRequest& request, base::Violations& problems) {
  const std::string lines = absl::GetFlag(FLAGS_line);
  if (lines.empty()) problems.Add("--line", "give at least one, as SKU:QUANTITY:PRICE");
  for (const absl::string_view text : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const absl::StatusOr<orders::v1::OrderLine> line = ParseOrderLine(text, request.currency());
    if (line.ok()) {
      *request.add_lines() = *line;
    } else {
      problems.Add(absl::StrCat("--line=", text), std::string(line.status().message()));
    }
  }
}

void ReadPlaceTime(orders::v1::PlaceOrderRequest& request, base::Violations& problems) {
  const std::string text = absl::GetFlag(FLAGS_place_time);
  if (text.empty()) return;
  if (const absl::StatusOr<absl::Time> time = ParseRfc3339(text); time.ok()) {
    rpc::ToMessage(*time, *request.mutable_place_time());
  } else {
    problems.Add("--place_time", std::string(time.status().message()));
  }
}

orders::v1::PlaceOrderRequest ReadRequest(base::Violations& problems) {
  orders::v1::PlaceOrderRequest request;
  request.set_customer(absl::GetFlag(FLAGS_customer));
  request.set_currency(absl::GetFlag(FLAGS_currency));
  request.set_request_id(absl::GetFlag(FLAGS_request_id));
  if (request.customer().empty()) problems.Add("--customer", "names who orders");
  if (!IsUtf8(request.customer())) problems.Add("--customer", "must be UTF-8");
  if (!IsUtf8(request.currency())) problems.Add("--currency", "must be UTF-8");
  if (!IsUtf8(request.request_id())) problems.Add("--request_id", "must be UTF-8");
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  ReadLines(request, problems);
  ReadPlaceTime(request, problems);
  return request;
}

// What to ask of activity_service when the order is placed; with --wait only.
struct Wait {
  absl::Duration time;
  std::string time_zone;
  absl::TimeZone zone = absl::UTCTimeZone();
};

Wait ReadWait(base::Violations& problems) {
  Wait wait{.time = absl::GetFlag(FLAGS_wait), .time_zone = absl::GetFlag(FLAGS_time_zone)};
  if (wait.time < absl::ZeroDuration() || wait.time > absl::Hours(1)) {
    problems.Add("--wait", "must be 0 to 1h");
  }
  if (const auto zone = base::LoadTimeZone(wait.time_zone); zone.ok()) {
    wait.zone = *zone;
  } else {
    problems.Add("--time_zone", std::string(zone.status().message()));
  }
  return wait;
}

ExitCode ExplainNotCounted(const grpc::Status& status, bool reached, absl::Duration waited) {
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
    std::fprintf(stderr, "tally: the order is placed, but will not be counted: %s",
                 Describe(status).c_str());
    return ExitCode::kNeverCounted;
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && reached) {
    std::fprintf(stderr, "tally: the order is placed, but was not counted within %s\n",
                 absl::FormatDuration(waited).c_str());
    return ExitCode::kNotCountedYet;
  }
  std::fprintf(stderr, "tally: the order is placed, but activity_service could not be asked: %s",
               Describe(status).c_str());
  return ExitCode::kNotAsked;
}

// Shows the day of a placed order once it is counted.
ExitCode ShowCounted(const orders::v1::PlaceOrderResponse& placed, const Wait& wait,
                     const Settings& settings) {
  const absl::Time place_time = rpc::ToTime(placed.order().place_time());
  activity::v1::GetDailyActivityRequest request;
  rpc::ToMessage(base::Today(place_time, wait.zone), *request.mutable_date());
  request.set_time_zone(wait.time_zone);
  request.set_consistency_token(placed.consistency_token());
  const auto channel = OpenChannel(settings.activity);
  const auto stub = activity::v1::ActivityService::NewStub(channel);
  activity::v1::GetDailyActivityResponse response;
  const grpc::Status status =
      CallUntil(wait.time, settings.activity, [&](grpc::ClientContext& context) {
        return stub->GetDailyActivity(&context, request, &response);
      });
  if (!status.ok()) {
    const bool reached = channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
    return ExplainNotCounted(status, reached, wait.time);
  }
  if (settings.json) {
    std::puts(ToJson(response).c_str());
    return ExitCode::kOk;
  }
  activity::v1::ListDailyActivityResponse day;
  *day.add_days() = response.day();
  *day.mutable_freshness() = response.freshness();
  const Terminal terminal = Terminal::Of(STDOUT_FILENO);
  std::printf("\n%s", DescribeActivity(day, terminal.columns, terminal.unicode).c_str());
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunPlace(Invocation& invocation) {
  const orders::v1::PlaceOrderRequest request = ReadRequest(invocation.problems);
  const Wait wait = ReadWait(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  const auto stub = orders::v1::OrderService::NewStub(OpenChannel(settings.orders));
  orders::v1::PlaceOrderResponse response;
  const grpc::Status status = CallUntil(
      settings.deadline, settings.orders,
      [&](grpc::ClientContext& context) { return stub->PlaceOrder(&context, request, &response); });
  const ExitCode code = ExitCodeOf(status);
  if (!status.ok()) {
    std::fprintf(stderr, "tally: %s", Describe(status).c_str());
    if (code == ExitCode::kUnavailable) {
      std::fprintf(stderr,
                   "The order may have been placed; to be sure, repeat this with "
                   "--request_id=%s\n",
                   request.request_id().c_str());
    }
  } else if (settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    const orders::v1::Order& order = response.order();
    std::printf("order  %s\ntotal  %s %s\ntoken  %s\n", order.order_id().c_str(),
                FormatAmount(order.total()).c_str(), order.currency().c_str(),
                response.consistency_token().c_str());
  }
  std::fflush(stdout);
  const bool shows_day = status.ok() && wait.time > absl::ZeroDuration();
  return shows_day ? ShowCounted(response, wait, settings) : code;
}

}  // namespace tally::client
