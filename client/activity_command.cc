#include <cstdio>

#include <unistd.h>

#include "absl/flags/flag.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/day_flag.h"
#include "client/flags.h"
#include "client/terminal/activity_view.h"
#include "client/terminal/terminal.h"
#include "common/rpc/google_types.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"

namespace tally::client {
namespace {

activity::v1::ListDailyActivityRequest ReadRequest(base::Violations& problems) {
  activity::v1::ListDailyActivityRequest request;
  request.set_time_zone(absl::GetFlag(FLAGS_time_zone));
  if (!IsUtf8(request.time_zone())) problems.Add("--time_zone", "must be UTF-8");
  if (const auto from = ReadDay(absl::GetFlag(FLAGS_from), "--from", problems)) {
    rpc::ToMessage(*from, *request.mutable_start_date());
  }
  if (const auto to = ReadDay(absl::GetFlag(FLAGS_to), "--to", problems)) {
    rpc::ToMessage(*to, *request.mutable_end_date());
  }
  return request;
}

}  // namespace

ExitCode RunActivity(Invocation& invocation) {
  const activity::v1::ListDailyActivityRequest request = ReadRequest(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  const auto stub = activity::v1::ActivityService::NewStub(OpenChannel(settings.activity));
  activity::v1::ListDailyActivityResponse response;
  const grpc::Status status =
      CallUntil(settings.deadline, settings.activity, [&](grpc::ClientContext& context) {
        return stub->ListDailyActivity(&context, request, &response);
      });
  if (!status.ok()) {
    std::fprintf(stderr, "tally: %s", Describe(status).c_str());
  } else if (settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    const Terminal terminal = Terminal::Of(STDOUT_FILENO);
    std::fputs(DescribeActivity(response, terminal.columns, terminal.unicode).c_str(), stdout);
  }
  return ExitCodeOf(status);
}

}  // namespace tally::client
