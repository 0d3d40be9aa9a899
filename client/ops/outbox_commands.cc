#include <cstdio>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/calls/messages.h"
#include "client/flags.h"
#include "client/ops/ops_call.h"
#include "client/ops/ops_commands.h"
#include "client/ops/ops_flags.h"
#include "client/ops/ops_view.h"
#include "tally/ops/v1/outbox_service.grpc.pb.h"

namespace tally::client {
namespace {

using ops::v1::OutboxService;
using Stub = OutboxService::Stub;
using Server = OpsServer<OutboxService>;

constexpr int kIdsMax = 1000;

// Every parked event there is.
ExitCode FindParked(const Invocation& invocation, Server& server,
                    std::vector<std::string>& event_ids) {
  ops::v1::ListParkedEventsRequest request;
  request.set_state(ops::v1::ParkedEvent::STATE_PARKED);
  request.set_page_size(kIdsMax);
  do {
    ops::v1::ListParkedEventsResponse page;
    const ExitCode code = CallOps(invocation, server, &Stub::ListParkedEvents, request, page);
    if (code != ExitCode::kOk) return code;
    for (const ops::v1::ParkedEvent& event : page.parked_events()) {
      event_ids.push_back(event.event_id());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunOutboxStatus(Invocation& invocation) {
  Server server(invocation.settings.orders);
  ops::v1::GetOutboxStatusResponse status;
  const ExitCode code = CallOps(invocation, server, &Stub::GetOutboxStatus,
                                ops::v1::GetOutboxStatusRequest(), status);
  if (code != ExitCode::kOk) return code;
  std::printf("%s", invocation.settings.json ? (ToJson(status) + "\n").c_str()
                                             : ShowStatus(status).c_str());
  return status.alarms().empty() ? ExitCode::kOk : ExitCode::kAlarm;
}

ExitCode RunOutboxLanes(Invocation& invocation) {
  ops::v1::ListLanesRequest request;
  request.set_state(static_cast<ops::v1::Lane::State>(
      ReadState(*ops::v1::Lane::State_descriptor(), invocation.problems)));
  request.set_unpublished_only(absl::GetFlag(FLAGS_unpublished));
  CheckLimit(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.orders);
  return ListOps<OutboxService, ops::v1::ListLanesRequest, ops::v1::ListLanesResponse>(
      invocation, server, &Stub::ListLanes, request,
      [](const auto& page) { return page.lanes_size(); }, ShowLanes);
}

ExitCode RunOutboxParked(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  ops::v1::ListParkedEventsRequest request;
  request.set_state(static_cast<ops::v1::ParkedEvent::State>(
      ReadState(*ops::v1::ParkedEvent::State_descriptor(), problems)));
  request.set_lane_id(ReadText(FLAGS_lane, problems));
  request.set_type(ReadText(FLAGS_type, problems));
  request.set_include_details(absl::GetFlag(FLAGS_details));
  CheckLimit(problems);
  if (!problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.orders);
  return ListOps<OutboxService, ops::v1::ListParkedEventsRequest,
                 ops::v1::ListParkedEventsResponse>(
      invocation, server, &Stub::ListParkedEvents, request,
      [](const auto& page) { return page.parked_events_size(); }, ShowParked);
}

ExitCode RunOutboxRetry(Invocation& invocation) {
  std::vector<std::string> event_ids = ReadEventIds(invocation);
  const bool all = absl::GetFlag(FLAGS_all);
  if (all != event_ids.empty()) invocation.problems.Add("EVENT_ID", "give ids, or --all");
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.orders);
  if (all) {
    const ExitCode code = FindParked(invocation, server, event_ids);
    if (code != ExitCode::kOk) return code;
  }
  ops::v1::RetryParkedEventsResponse total;
  for (size_t first = 0; first < event_ids.size(); first += kIdsMax) {
    ops::v1::RetryParkedEventsRequest request;
    for (size_t i = first; i < std::min(event_ids.size(), first + kIdsMax); ++i) {
      request.add_event_ids(event_ids[i]);
    }
    ops::v1::RetryParkedEventsResponse part;
    const ExitCode code = CallOps(invocation, server, &Stub::RetryParkedEvents, request, part);
    if (code != ExitCode::kOk) return code;
    total.set_retried_events(total.retried_events() + part.retried_events());
  }
  if (invocation.settings.json) {
    std::puts(ToJson(total).c_str());
  } else {
    std::printf("%s events will be published again\n",
                absl::StrCat(total.retried_events()).c_str());
  }
  return ExitCode::kOk;
}

ExitCode RunOutboxDiscard(Invocation& invocation) {
  ops::v1::DiscardParkedEventsRequest request;
  for (const std::string& event_id : ReadEventIds(invocation)) request.add_event_ids(event_id);
  if (request.event_ids().empty()) invocation.problems.Add("EVENT_ID", "give at least one");
  request.set_reason(ReadReason(invocation.problems));
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  const ExitCode confirmed =
      Confirm(invocation, absl::StrCat("Give ", request.event_ids_size(),
                                       " events up for ever? No consumer will have them."));
  if (confirmed != ExitCode::kOk) return confirmed;
  Server server(invocation.settings.orders);
  ops::v1::DiscardParkedEventsResponse response;
  const ExitCode code = CallOps(invocation, server, &Stub::DiscardParkedEvents, request, response);
  if (code != ExitCode::kOk) return code;
  if (invocation.settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    std::printf("%s events discarded\n", absl::StrCat(response.discarded_events()).c_str());
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
