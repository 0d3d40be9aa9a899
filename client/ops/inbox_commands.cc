#include <cstdio>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/calls/messages.h"
#include "client/flags.h"
#include "client/ops/ops_call.h"
#include "client/ops/ops_commands.h"
#include "client/ops/ops_flags.h"
#include "client/ops/ops_view.h"
#include "common/rpc/google_types.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"

namespace tally::client {
namespace {

using ops::v1::InboxService;
using ops::v1::LetterFilter;
using Stub = InboxService::Stub;
using Server = OpsServer<InboxService>;

// With a filter so many are changed in one call.
constexpr int64_t kLettersAtOnce = 10'000;

void ReadTime(const absl::Flag<std::string>& flag, const char* name, bool end,
              const std::function<google::protobuf::Timestamp*()>& field,
              base::Violations& problems) {
  const std::string text = absl::GetFlag(flag);
  if (text.empty()) return;
  const absl::StatusOr<absl::Time> time = ParseTimeOrDay(text, end);
  if (time.ok()) {
    rpc::ToMessage(*time, *field());
  } else {
    problems.Add(name, std::string(time.status().message()));
  }
}

LetterFilter ReadFilter(base::Violations& problems) {
  LetterFilter filter;
  filter.set_state(static_cast<ops::v1::Letter::State>(
      ReadState(*ops::v1::Letter::State_descriptor(), problems)));
  filter.set_lane_id(ReadText(FLAGS_lane, problems));
  filter.set_type(ReadText(FLAGS_type, problems));
  filter.set_error_contains(ReadText(FLAGS_error, problems));
  ReadTime(
      FLAGS_from, "--from", false, [&] { return filter.mutable_start_time(); }, problems);
  ReadTime(
      FLAGS_to, "--to", true, [&] { return filter.mutable_end_time(); }, problems);
  return filter;
}

// Which letters a change is about: those named, those that pass, or with --all every one.
template <typename Request>
void ReadSelection(Invocation& invocation, Request& request) {
  const std::vector<std::string> event_ids = ReadEventIds(invocation);
  const LetterFilter filter = ReadFilter(invocation.problems);
  const bool filtered = filter.ByteSizeLong() > 0;
  const int ways = (event_ids.empty() ? 0 : 1) + (filtered || absl::GetFlag(FLAGS_all) ? 1 : 0);
  if (ways != 1) {
    invocation.problems.Add("EVENT_ID", "give ids, or filters, or --all for every letter");
  } else if (event_ids.empty()) {
    *request.mutable_filter() = filter;
  } else {
    for (const std::string& event_id : event_ids) request.mutable_ids()->add_event_ids(event_id);
  }
}

// One call for ids; with a filter as many as it takes. `changed` counts the letters.
template <typename Request, typename Response>
ExitCode ChangeLetters(const Invocation& invocation,
                       OpsMethod<InboxService, Request, Response> method,
                       int64_t (Response::*count)() const, const Request& request,
                       int64_t& changed) {
  Server server(invocation.settings.activity);
  for (;;) {
    Response response;
    const ExitCode code = CallOps(invocation, server, method, request, response);
    if (code != ExitCode::kOk) return code;
    const int64_t now = (response.*count)();
    changed += now;
    if (!request.has_filter() || now < kLettersAtOnce) return ExitCode::kOk;
  }
}

// LANE_ID/FIRST-LAST.
std::optional<ops::v1::AcceptRangeRequest> ParseRange(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != 2) return std::nullopt;
  const std::pair<std::string, std::string> bounds =
      absl::StrSplit(parts[1], absl::MaxSplits('-', 1));
  int64_t first = 0, last = 0;
  if (!absl::SimpleAtoi(bounds.first, &first) || !absl::SimpleAtoi(bounds.second, &last)) {
    return std::nullopt;
  }
  ops::v1::AcceptRangeRequest request;
  request.set_lane_id(parts[0]);
  request.set_first_sequence(first);
  request.set_last_sequence(last);
  return request;
}

ExitCode Report(const Invocation& invocation, const google::protobuf::Message& response,
                int64_t count, const char* what) {
  if (invocation.settings.json) {
    std::puts(ToJson(response).c_str());
  } else {
    std::printf("%s %s\n", absl::StrCat(count).c_str(), what);
  }
  return ExitCode::kOk;
}

}  // namespace

ExitCode RunInboxStatus(Invocation& invocation) {
  Server server(invocation.settings.activity);
  ops::v1::GetInboxStatusResponse status;
  const ExitCode code =
      CallOps(invocation, server, &Stub::GetInboxStatus, ops::v1::GetInboxStatusRequest(), status);
  if (code != ExitCode::kOk) return code;
  std::printf("%s", invocation.settings.json ? (ToJson(status) + "\n").c_str()
                                             : ShowStatus(status).c_str());
  return status.alarms().empty() ? ExitCode::kOk : ExitCode::kAlarm;
}

ExitCode RunInboxWatermarks(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  ops::v1::ListWatermarksRequest request;
  request.set_source(ReadText(FLAGS_source, problems));
  request.set_lane_id(ReadText(FLAGS_lane, problems));
  request.set_gaps_only(absl::GetFlag(FLAGS_gaps));
  CheckLimit(problems);
  if (!problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.activity);
  return ListOps<InboxService, ops::v1::ListWatermarksRequest, ops::v1::ListWatermarksResponse>(
      invocation, server, &Stub::ListWatermarks, request,
      [](const auto& page) { return page.watermarks_size(); }, ShowWatermarks);
}

ExitCode RunInboxMissing(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  ops::v1::ListMissingRangesRequest request;
  request.set_source(ReadText(FLAGS_source, problems));
  request.set_lane_id(ReadText(FLAGS_lane, problems));
  request.set_verdict(static_cast<ops::v1::MissingRange::Verdict>(
      ReadState(*ops::v1::MissingRange::Verdict_descriptor(), problems)));
  CheckLimit(problems);
  if (!problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.activity);
  return ListOps<InboxService, ops::v1::ListMissingRangesRequest,
                 ops::v1::ListMissingRangesResponse>(
      invocation, server, &Stub::ListMissingRanges, request,
      [](const auto& page) { return page.missing_ranges_size(); }, ShowMissing);
}

ExitCode RunInboxAccept(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  std::optional<ops::v1::AcceptRangeRequest> request;
  if (invocation.arguments.size() == 1) request = ParseRange(invocation.arguments[0]);
  if (!request) problems.Add("RANGE", "give one range as `ops inbox missing` lists it");
  const std::string reason = ReadReason(problems);
  if (!problems.empty()) return ExitCode::kWrongUsage;
  request->set_reason(reason);
  const ExitCode confirmed = Confirm(
      invocation,
      absl::StrCat("Accept for ever that the producer no longer has the events ",
                   invocation.arguments[0], "? What is not counted of them never will be."));
  if (confirmed != ExitCode::kOk) return confirmed;
  Server server(invocation.settings.activity);
  ops::v1::AcceptRangeResponse response;
  const ExitCode code = CallOps(invocation, server, &Stub::AcceptRange, *request, response);
  if (code != ExitCode::kOk) return code;
  return Report(invocation, response, response.accepted_events(), "events accepted as lost");
}

ExitCode RunInboxAdopt(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  ops::v1::AdoptSourceRequest request;
  if (invocation.arguments.size() == 2) {
    request.set_source(invocation.arguments[0]);
    request.set_database_id(invocation.arguments[1]);
  } else {
    problems.Add("SOURCE", "give the producer and its database as `ops inbox status` shows them");
  }
  request.set_reason(ReadReason(problems));
  if (!problems.empty()) return ExitCode::kWrongUsage;
  const ExitCode confirmed = Confirm(
      invocation,
      absl::StrCat("Take ", request.database_id(), " for the database of ", request.source(),
                   "? Only if it was moved there: what it does not know becomes an "
                   "alarm."));
  if (confirmed != ExitCode::kOk) return confirmed;
  Server server(invocation.settings.activity);
  ops::v1::AdoptSourceResponse response;
  const ExitCode code = CallOps(invocation, server, &Stub::AdoptSource, request, response);
  if (code != ExitCode::kOk) return code;
  std::puts(invocation.settings.json ? ToJson(response).c_str() : "adopted");
  return ExitCode::kOk;
}

ExitCode RunInboxLetters(Invocation& invocation) {
  ops::v1::ListLettersRequest request;
  *request.mutable_filter() = ReadFilter(invocation.problems);
  request.set_include_details(absl::GetFlag(FLAGS_details));
  CheckLimit(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  Server server(invocation.settings.activity);
  return ListOps<InboxService, ops::v1::ListLettersRequest, ops::v1::ListLettersResponse>(
      invocation, server, &Stub::ListLetters, request,
      [](const auto& page) { return page.letters_size(); }, ShowLetters);
}

ExitCode RunInboxRedrive(Invocation& invocation) {
  ops::v1::RedriveLettersRequest request;
  ReadSelection(invocation, request);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  int64_t redriven = 0;
  const ExitCode code =
      ChangeLetters<ops::v1::RedriveLettersRequest, ops::v1::RedriveLettersResponse>(
          invocation, &Stub::RedriveLetters, &ops::v1::RedriveLettersResponse::redriven_letters,
          request, redriven);
  if (code != ExitCode::kOk) return code;
  ops::v1::RedriveLettersResponse total;
  total.set_redriven_letters(redriven);
  return Report(invocation, total, redriven, "letters will be tried again");
}

ExitCode RunInboxDiscard(Invocation& invocation) {
  ops::v1::DiscardLettersRequest request;
  ReadSelection(invocation, request);
  request.set_reason(ReadReason(invocation.problems));
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  const std::string which = request.has_ids() ? absl::StrCat(request.ids().event_ids_size(), " ")
                                              : "all that pass of the ";
  const ExitCode confirmed = Confirm(
      invocation, absl::StrCat("Give ", which, "letters up for ever? They are never counted."));
  if (confirmed != ExitCode::kOk) return confirmed;
  int64_t discarded = 0;
  const ExitCode code =
      ChangeLetters<ops::v1::DiscardLettersRequest, ops::v1::DiscardLettersResponse>(
          invocation, &Stub::DiscardLetters, &ops::v1::DiscardLettersResponse::discarded_letters,
          request, discarded);
  if (code != ExitCode::kOk) return code;
  ops::v1::DiscardLettersResponse total;
  total.set_discarded_letters(discarded);
  return Report(invocation, total, discarded, "letters discarded");
}

}  // namespace tally::client
