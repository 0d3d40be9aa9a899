#include "common/ops/inbox_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/ops/bus_status.h"
#include "common/ops/database_status.h"
#include "common/ops/errors.h"
#include "common/ops/inbox_messages.h"
#include "common/ops/requests.h"
#include "common/rpc/google_types.h"
#include "common/rpc/handle.h"

namespace tally::ops {
namespace {

constexpr int64_t kLettersAtOnce = 10'000;
// Of each, so that many of one do not hide another.
constexpr int64_t kFindingsAlarmed = 20;
constexpr inbox::Finding::Verdict kAlarming[] = {inbox::Finding::Verdict::kTrimmed,
                                                 inbox::Finding::Verdict::kUnknown,
                                                 inbox::Finding::Verdict::kUnanswered};

std::optional<inbox::Finding::Verdict> ReadVerdict(v1::MissingRange::Verdict verdict,
                                                   base::Violations& violations) {
  switch (verdict) {
    case v1::MissingRange::VERDICT_UNSPECIFIED:
      return std::nullopt;
    case v1::MissingRange::VERDICT_UNANSWERED:
      return inbox::Finding::Verdict::kUnanswered;
    case v1::MissingRange::VERDICT_PARKED:
      return inbox::Finding::Verdict::kParked;
    case v1::MissingRange::VERDICT_TRIMMED:
      return inbox::Finding::Verdict::kTrimmed;
    case v1::MissingRange::VERDICT_UNKNOWN:
      return inbox::Finding::Verdict::kUnknown;
    default:
      violations.Add("verdict", "must be one of the values of MissingRange.Verdict");
      return std::nullopt;
  }
}

inbox::LetterFilter ReadFilter(const v1::LetterFilter& message, base::Violations& violations) {
  inbox::LetterFilter filter;
  switch (message.state()) {
    case v1::Letter::STATE_UNSPECIFIED:
      break;
    case v1::Letter::STATE_RETRYING:
      filter.state = inbox::LetterState::kRetrying;
      break;
    case v1::Letter::STATE_DEAD:
      filter.state = inbox::LetterState::kDead;
      break;
    case v1::Letter::STATE_DISCARDED:
      filter.state = inbox::LetterState::kDiscarded;
      break;
    default:
      violations.Add("filter.state",
                     "must be STATE_UNSPECIFIED, STATE_RETRYING, STATE_DEAD or STATE_DISCARDED");
  }
  filter.lane_id = ReadLaneId(message.lane_id(), violations, "filter.lane_id");
  filter.type = message.type();
  filter.error_contains = message.error_contains();
  CheckName("filter.type", filter.type, violations);
  CheckName("filter.error_contains", filter.error_contains, violations);
  if (message.has_start_time()) filter.start = rpc::ToTime(message.start_time());
  if (message.has_end_time()) filter.end = rpc::ToTime(message.end_time());
  if (filter.end < filter.start) {
    violations.Add("filter.end_time", "must not be before start_time");
  }
  return filter;
}

// Which letters a change is about; a violation unless it says so.
template <typename Request>
inbox::LetterFilter ReadSelection(const Request& request, base::Violations& violations) {
  if (request.has_filter()) return ReadFilter(request.filter(), violations);
  if (request.has_ids()) {
    CheckLetterIds(request.ids().event_ids(), violations);
  } else {
    violations.Add("selection", "set ids or filter");
  }
  return {};
}

std::vector<std::string> IdsOf(const v1::LetterIds& ids) {
  return {ids.event_ids().begin(), ids.event_ids().end()};
}

}  // namespace

InboxService::InboxService(PayloadDecoder decoder, inbox::Subscription& subscription, bus::Bus& bus,
                           rpc::Executor& executor, base::Clock& clock,
                           telemetry::Telemetry& telemetry, const CopyWatch* copies)
    : decoder_(std::move(decoder)),
      subscription_(subscription),
      database_(subscription.store().database()),
      bus_(bus),
      executor_(executor),
      clock_(clock),
      log_(telemetry.log),
      catalog_(subscription.store().consumer(), database_),
      letters_(subscription.store().consumer(), database_),
      healing_(subscription.healing()),
      copies_(copies),
      endpoint_(v1::InboxService::service_full_name(), telemetry) {}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* InboxService::Serve(const char* method,
                                              grpc::CallbackServerContext* context,
                                              const Request* request, Response* response) {
  return rpc::HandleBlocking(endpoint_, method, context, request, response, executor_,
                             [this](rpc::Call& call, const Request& req, Response& res) {
                               return ToAnswer(Answer(call, req, res));
                             });
}

grpc::ServerUnaryReactor* InboxService::GetInboxStatus(grpc::CallbackServerContext* context,
                                                       const v1::GetInboxStatusRequest* request,
                                                       v1::GetInboxStatusResponse* response) {
  return Serve("GetInboxStatus", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::ListWatermarks(grpc::CallbackServerContext* context,
                                                       const v1::ListWatermarksRequest* request,
                                                       v1::ListWatermarksResponse* response) {
  return Serve("ListWatermarks", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::ListMissingRanges(
    grpc::CallbackServerContext* context, const v1::ListMissingRangesRequest* request,
    v1::ListMissingRangesResponse* response) {
  return Serve("ListMissingRanges", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::AcceptRange(grpc::CallbackServerContext* context,
                                                    const v1::AcceptRangeRequest* request,
                                                    v1::AcceptRangeResponse* response) {
  return Serve("AcceptRange", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::AdoptSource(grpc::CallbackServerContext* context,
                                                    const v1::AdoptSourceRequest* request,
                                                    v1::AdoptSourceResponse* response) {
  return Serve("AdoptSource", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::ListLetters(grpc::CallbackServerContext* context,
                                                    const v1::ListLettersRequest* request,
                                                    v1::ListLettersResponse* response) {
  return Serve("ListLetters", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::RedriveLetters(grpc::CallbackServerContext* context,
                                                       const v1::RedriveLettersRequest* request,
                                                       v1::RedriveLettersResponse* response) {
  return Serve("RedriveLetters", context, request, response);
}

grpc::ServerUnaryReactor* InboxService::DiscardLetters(grpc::CallbackServerContext* context,
                                                       const v1::DiscardLettersRequest* request,
                                                       v1::DiscardLettersResponse* response) {
  return Serve("DiscardLetters", context, request, response);
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::GetInboxStatusRequest&,
                                  v1::GetInboxStatusResponse& response) {
  const inbox::ConsumerProgress progress = subscription_.GetConsumerProgress();
  ASSIGN_OR_RETURN(const inbox::InboxSummary summary, catalog_.Summarize(call.deadline()));
  response.set_consumer(subscription_.store().consumer());
  ToMessage(summary, progress, response);
  RETURN_IF_ERROR(FillDatabaseStatus(database_, call.deadline(), *response.mutable_database(),
                                     *response.mutable_alarms()));
  RETURN_IF_ERROR(FillHealing(call.deadline(), response));
  AskBus(response);
  RaiseAlarms(summary, progress, clock_.Now(), *response.mutable_alarms());
  if (copies_ != nullptr) copies_->RaiseAlarm(*response.mutable_alarms());
  return absl::OkStatus();
}

absl::Status InboxService::FillHealing(absl::Time deadline, v1::GetInboxStatusResponse& response) {
  inbox::HealingStore::Summary summary;
  std::vector<inbox::SourceStore::Source> sources;
  std::vector<inbox::Finding> findings;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(summary, healing_.Summarize(transaction));
        ASSIGN_OR_RETURN(sources, healing_.sources().List(transaction));
        findings.clear();
        for (const inbox::Finding::Verdict verdict : kAlarming) {
          ASSIGN_OR_RETURN(
              const auto found,
              healing_.ListFindings(transaction, {.verdict = verdict}, kFindingsAlarmed));
          findings.insert(findings.end(), found.begin(), found.end());
        }
        return absl::OkStatus();
      }));
  ToMessage(summary, response);
  for (const inbox::SourceStore::Source& source : sources) {
    ToMessage(source, *response.add_sources());
  }
  RaiseAlarms(findings, sources, subscription_.options().sources,
              {.started = started_,
               .all_answered = subscription_.GetProgress().producers_answered,
               .now = clock_.Now()},
              *response.mutable_alarms());
  return absl::OkStatus();
}

void InboxService::AskBus(v1::GetInboxStatusResponse& response) {
  const bus::StreamConfig& stream = subscription_.options().delivery.stream;
  FillBusStatus(bus_, stream, subscription_.declaration().differences, *response.mutable_bus(),
                *response.mutable_alarms());
  if (subscription_.durable_stuck()) {
    Raise(kDurableStuck,
          absl::StrCat("the durable ", subscription_.store().consumer(),
                       " delivers nothing any more: the stream lost what it waits for; events are "
                       "fetched from their producers, late"),
          absl::InfinitePast(), *response.mutable_alarms());
  }
  const auto durable =
      bus_.GetDurableState(stream.name, subscription_.store().consumer(), BusDeadline());
  if (!durable.ok()) return;
  response.set_pending_events(durable->pending);
  response.set_unacknowledged_events(durable->ack_pending);
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::ListWatermarksRequest& request,
                                  v1::ListWatermarksResponse& response) {
  base::Violations violations;
  CheckName("source", request.source(), violations);
  const inbox::InboxCatalog::WatermarkFilter filter = {
      .source = request.source(),
      .lane_id = ReadLaneId(request.lane_id(), violations),
      .gaps_only = request.gaps_only()};
  const PageRequest page = ReadPage(request, 1, violations);
  const std::string after = page.after ? ReadLaneId(page.after->front(), violations) : "";
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(const std::vector<inbox::WatermarkRecord> watermarks,
                   catalog_.ListWatermarks(filter, after, page.size + 1, call.deadline()));
  for (const inbox::WatermarkRecord& watermark : watermarks) {
    if (response.watermarks_size() == page.size) {
      const std::string& last = response.watermarks(page.size - 1).lane_id();
      response.set_next_page_token(rpc::EncodePageToken(rpc::QueryOf(request), {last}));
      break;
    }
    ToMessage(watermark, !request.lane_id().empty(), *response.add_watermarks());
  }
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::ListMissingRangesRequest& request,
                                  v1::ListMissingRangesResponse& response) {
  base::Violations violations;
  CheckName("source", request.source(), violations);
  inbox::HealingStore::Filter filter = {.source = request.source(),
                                        .lane_id = ReadLaneId(request.lane_id(), violations),
                                        .verdict = ReadVerdict(request.verdict(), violations)};
  const PageRequest page = ReadPage(request, 2, violations);
  if (page.after) {
    filter.after_lane = ReadLaneId((*page.after)[0], violations);
    filter.after_sequence = ReadPart((*page.after)[1], violations);
  }
  RETURN_IF_ERROR(Verdict(violations));
  std::vector<inbox::Finding> findings;
  RETURN_IF_ERROR(database_.Run(
      db::Mode::kRead, call.deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(findings, healing_.ListFindings(transaction, filter, page.size + 1));
        return absl::OkStatus();
      }));
  for (const inbox::Finding& finding : findings) {
    if (response.missing_ranges_size() == page.size) {
      const v1::MissingRange& last = response.missing_ranges(page.size - 1);
      response.set_next_page_token(rpc::EncodePageToken(
          rpc::QueryOf(request), {last.lane_id(), absl::StrCat(last.first_sequence())}));
      break;
    }
    ToMessage(finding, *response.add_missing_ranges());
  }
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::AcceptRangeRequest& request,
                                  v1::AcceptRangeResponse& response) {
  base::Violations violations;
  const std::string lane_id = ReadLaneId(request.lane_id(), violations);
  if (request.lane_id().empty()) violations.Add("lane_id", "must name a lane");
  if (request.first_sequence() < 1) violations.Add("first_sequence", "must be 1 or more");
  if (request.last_sequence() < request.first_sequence()) {
    violations.Add("last_sequence", "must be first_sequence or more");
  }
  CheckReason(request.reason(), violations);
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(const int64_t accepted,
                   healing_.Accept(lane_id, {request.first_sequence(), request.last_sequence()},
                                   request.reason(), call.caller().name, call.deadline()));
  response.set_accepted_events(accepted);
  log_.Warning("events that their producer no longer has were accepted",
               {{"lane", lane_id},
                {"first_sequence", request.first_sequence()},
                {"last_sequence", request.last_sequence()},
                {"events", accepted},
                {"reason", request.reason()},
                {"by", call.caller().name}});
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::AdoptSourceRequest& request,
                                  v1::AdoptSourceResponse&) {
  base::Violations violations;
  CheckName("source", request.source(), violations);
  CheckName("database_id", request.database_id(), violations);
  if (request.source().empty()) violations.Add("source", "must name a producer");
  if (request.database_id().empty()) violations.Add("database_id", "must name a database");
  CheckReason(request.reason(), violations);
  RETURN_IF_ERROR(Verdict(violations));
  RETURN_IF_ERROR(healing_.sources().Adopt(request.source(), request.database_id(),
                                           request.reason(), call.caller().name, call.deadline()));
  log_.Warning("a producer's other database was adopted", {{"source", request.source()},
                                                           {"database_id", request.database_id()},
                                                           {"reason", request.reason()},
                                                           {"by", call.caller().name}});
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::ListLettersRequest& request,
                                  v1::ListLettersResponse& response) {
  base::Violations violations;
  const inbox::LetterFilter filter = ReadFilter(request.filter(), violations);
  const PageRequest page = ReadPage(request, 2, violations);
  std::optional<inbox::LetterDesk::Position> after;
  if (page.after) {
    after = {absl::FromUnixMicros(ReadPart((*page.after)[0], violations)), (*page.after)[1]};
  }
  RETURN_IF_ERROR(Verdict(violations));
  const bool details = request.include_details();
  ASSIGN_OR_RETURN(
      const inbox::LetterDesk::Page letters,
      letters_.List(filter, after, details, page.size, kPayloadBytesMax, call.deadline()));
  for (const inbox::LetterRecord& letter : letters.letters) {
    v1::Letter& message = *response.add_letters();
    ToMessage(letter, message);
    if (details) AddDetails(letter, decoder_, message);
  }
  if (letters.next) {
    response.set_next_page_token(rpc::EncodePageToken(
        rpc::QueryOf(request),
        {absl::StrCat(absl::ToUnixMicros(letters.next->first_failure)), letters.next->event_id}));
  }
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::RedriveLettersRequest& request,
                                  v1::RedriveLettersResponse& response) {
  base::Violations violations;
  const inbox::LetterFilter filter = ReadSelection(request, violations);
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(
      const int64_t redriven,
      request.has_ids()
          ? letters_.Redrive(IdsOf(request.ids()), clock_.Now(), call.deadline())
          : letters_.RedriveAll(filter, kLettersAtOnce, clock_.Now(), call.deadline()));
  response.set_redriven_letters(redriven);
  log_.Info("letters are tried again", {{"letters", redriven}});
  return absl::OkStatus();
}

absl::Status InboxService::Answer(rpc::Call& call, const v1::DiscardLettersRequest& request,
                                  v1::DiscardLettersResponse& response) {
  base::Violations violations;
  const inbox::LetterFilter filter = ReadSelection(request, violations);
  CheckReason(request.reason(), violations);
  RETURN_IF_ERROR(Verdict(violations));
  const inbox::LetterDesk::Verdict verdict = {request.reason(), call.caller().name, clock_.Now()};
  ASSIGN_OR_RETURN(const int64_t discarded,
                   request.has_ids()
                       ? letters_.Discard(IdsOf(request.ids()), verdict, call.deadline())
                       : letters_.DiscardAll(filter, kLettersAtOnce, verdict, call.deadline()));
  response.set_discarded_letters(discarded);
  log_.Warning("letters discarded for ever",
               {{"letters", discarded}, {"reason", request.reason()}, {"by", call.caller().name}});
  return absl::OkStatus();
}

}  // namespace tally::ops
