#include "common/ops/outbox_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/ops/bus_status.h"
#include "common/ops/database_status.h"
#include "common/ops/errors.h"
#include "common/ops/outbox_messages.h"
#include "common/ops/requests.h"
#include "common/rpc/handle.h"

namespace tally::ops {
namespace {

outbox::LaneCatalog::Filter ReadFilter(const v1::ListLanesRequest& request,
                                       base::Violations& violations) {
  outbox::LaneCatalog::Filter filter{.open = {}, .unpublished_only = request.unpublished_only()};
  if (request.state() == v1::Lane::STATE_OPEN) filter.open = true;
  if (request.state() == v1::Lane::STATE_CLOSED) filter.open = false;
  if (!v1::Lane::State_IsValid(request.state())) {
    violations.Add("state", "must be STATE_UNSPECIFIED, STATE_OPEN or STATE_CLOSED");
  }
  return filter;
}

outbox::ParkedStore::Filter ReadFilter(const v1::ListParkedEventsRequest& request,
                                       base::Violations& violations) {
  outbox::ParkedStore::Filter filter;
  if (request.state() == v1::ParkedEvent::STATE_PARKED) filter.discarded = false;
  if (request.state() == v1::ParkedEvent::STATE_VOID) filter.discarded = true;
  if (!v1::ParkedEvent::State_IsValid(request.state())) {
    violations.Add("state", "must be STATE_UNSPECIFIED, STATE_PARKED or STATE_VOID");
  }
  filter.lane_id = ReadLaneId(request.lane_id(), violations);
  filter.type = request.type();
  CheckName("type", request.type(), violations);
  return filter;
}

// As many as the page holds; there may be one more.
void FillPage(const std::vector<outbox::LaneRecord>& lanes, int page_size,
              v1::ListLanesResponse& response) {
  for (const outbox::LaneRecord& lane : lanes) {
    if (response.lanes_size() == page_size) return;
    ToMessage(lane, *response.add_lanes());
  }
}

std::string Micros(absl::Time time) { return absl::StrCat(absl::ToUnixMicros(time)); }

}  // namespace

OutboxService::OutboxService(PayloadDecoder decoder, outbox::Outbox& outbox, db::Database& database,
                             bus::Bus& bus, rpc::Executor& executor,
                             telemetry::Telemetry& telemetry, const CopyWatch* copies)
    : decoder_(std::move(decoder)),
      outbox_(outbox),
      database_(database),
      bus_(bus),
      executor_(executor),
      log_(telemetry.log),
      copies_(copies),
      endpoint_(v1::OutboxService::service_full_name(), telemetry) {}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* OutboxService::Serve(const char* method,
                                               grpc::CallbackServerContext* context,
                                               const Request* request, Response* response) {
  return rpc::HandleBlocking(endpoint_, method, context, request, response, executor_,
                             [this](rpc::Call& call, const Request& req, Response& res) {
                               return ToAnswer(Answer(call, req, res));
                             });
}

grpc::ServerUnaryReactor* OutboxService::GetOutboxStatus(grpc::CallbackServerContext* context,
                                                         const v1::GetOutboxStatusRequest* request,
                                                         v1::GetOutboxStatusResponse* response) {
  return Serve("GetOutboxStatus", context, request, response);
}

grpc::ServerUnaryReactor* OutboxService::ListLanes(grpc::CallbackServerContext* context,
                                                   const v1::ListLanesRequest* request,
                                                   v1::ListLanesResponse* response) {
  return Serve("ListLanes", context, request, response);
}

grpc::ServerUnaryReactor* OutboxService::ListParkedEvents(
    grpc::CallbackServerContext* context, const v1::ListParkedEventsRequest* request,
    v1::ListParkedEventsResponse* response) {
  return Serve("ListParkedEvents", context, request, response);
}

grpc::ServerUnaryReactor* OutboxService::RetryParkedEvents(
    grpc::CallbackServerContext* context, const v1::RetryParkedEventsRequest* request,
    v1::RetryParkedEventsResponse* response) {
  return Serve("RetryParkedEvents", context, request, response);
}

grpc::ServerUnaryReactor* OutboxService::DiscardParkedEvents(
    grpc::CallbackServerContext* context, const v1::DiscardParkedEventsRequest* request,
    v1::DiscardParkedEventsResponse* response) {
  return Serve("DiscardParkedEvents", context, request, response);
}

absl::Status OutboxService::Answer(rpc::Call& call, const v1::GetOutboxStatusRequest&,
                                   v1::GetOutboxStatusResponse& response) {
  const outbox::OutboxOptions& options = outbox_.options();
  ASSIGN_OR_RETURN(const outbox::OutboxSummary summary,
                   outbox_.catalog().Summarize(call.deadline()));
  response.set_source(options.source);
  ToMessage(summary, response);
  RETURN_IF_ERROR(FillDatabaseStatus(database_, call.deadline(), *response.mutable_database(),
                                     *response.mutable_alarms()));
  FillBusStatus(bus_, options.stream, outbox_.declaration().differences, *response.mutable_bus(),
                *response.mutable_alarms());
  RaiseAlarms(summary, outbox_.GetRelayCondition(), *response.mutable_alarms());
  if (copies_ != nullptr) copies_->RaiseAlarm(*response.mutable_alarms());
  return absl::OkStatus();
}

absl::Status OutboxService::Answer(rpc::Call& call, const v1::ListLanesRequest& request,
                                   v1::ListLanesResponse& response) {
  if (request.order_by() == "lane_id") return AnswerById(call, request, response);
  base::Violations violations;
  const outbox::LaneCatalog::Filter filter = ReadFilter(request, violations);
  if (!request.order_by().empty() && request.order_by() != "open_time desc") {
    violations.Add("order_by", "must be \"open_time desc\" or \"lane_id\"");
  }
  if (!request.after_lane_id().empty()) {
    violations.Add("after_lane_id", "only with order_by \"lane_id\"");
  }
  if (!request.through_lane_id().empty()) {
    violations.Add("through_lane_id", "only with order_by \"lane_id\"");
  }
  const PageRequest page = ReadPage(request, 2, violations);
  std::optional<outbox::LaneCatalog::Position> after;
  if (page.after) {
    after = {absl::FromUnixMicros(ReadPart((*page.after)[0], violations)),
             ReadLaneId((*page.after)[1], violations)};
  }
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(const std::vector<outbox::LaneRecord> lanes,
                   outbox_.catalog().List(filter, after, page.size + 1, call.deadline()));
  FillPage(lanes, page.size, response);
  if (response.lanes_size() == static_cast<int>(lanes.size())) return absl::OkStatus();
  const outbox::LaneRecord& last = lanes[static_cast<size_t>(page.size) - 1];
  response.set_next_page_token(
      rpc::EncodePageToken(rpc::QueryOf(request), {Micros(last.opened), last.lane_id}));
  return absl::OkStatus();
}

absl::Status OutboxService::AnswerById(rpc::Call& call, const v1::ListLanesRequest& request,
                                       v1::ListLanesResponse& response) {
  base::Violations violations;
  const std::string first_after = ReadLaneId(request.after_lane_id(), violations, "after_lane_id");
  const std::string through = ReadLaneId(request.through_lane_id(), violations, "through_lane_id");
  if (request.state() != v1::Lane::STATE_UNSPECIFIED || request.unpublished_only()) {
    violations.Add("order_by", "must be \"open_time desc\" with state or unpublished_only");
  }
  const PageRequest page = ReadPage(request, 1, violations);
  const std::string after = page.after ? ReadLaneId(page.after->front(), violations) : first_after;
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(const std::vector<outbox::LaneRecord> lanes,
                   outbox_.catalog().ListById(after, through, page.size + 1, call.deadline()));
  FillPage(lanes, page.size, response);
  if (response.lanes_size() == static_cast<int>(lanes.size())) return absl::OkStatus();
  response.set_next_page_token(rpc::EncodePageToken(
      rpc::QueryOf(request), {lanes[static_cast<size_t>(page.size) - 1].lane_id}));
  return absl::OkStatus();
}

absl::Status OutboxService::Answer(rpc::Call& call, const v1::ListParkedEventsRequest& request,
                                   v1::ListParkedEventsResponse& response) {
  base::Violations violations;
  const outbox::ParkedStore::Filter filter = ReadFilter(request, violations);
  const PageRequest page = ReadPage(request, 3, violations);
  std::optional<outbox::ParkedStore::Position> after;
  if (page.after) {
    after = {absl::FromUnixMicros(ReadPart((*page.after)[0], violations)),
             {ReadLaneId((*page.after)[1], violations), ReadPart((*page.after)[2], violations)}};
  }
  RETURN_IF_ERROR(Verdict(violations));
  const bool details = request.include_details();
  ASSIGN_OR_RETURN(
      const outbox::ParkedStore::Page parked,
      outbox_.parked().List(filter, after, details, page.size, kPayloadBytesMax, call.deadline()));
  for (const outbox::ParkedEvent& event : parked.events) {
    v1::ParkedEvent& message = *response.add_parked_events();
    ToMessage(event, message);
    if (details) AddDetails(event, outbox_.options().source, decoder_, message);
  }
  if (parked.next) {
    response.set_next_page_token(rpc::EncodePageToken(
        rpc::QueryOf(request), {Micros(parked.next->changed), parked.next->key.lane_id,
                                absl::StrCat(parked.next->key.sequence)}));
  }
  return absl::OkStatus();
}

absl::Status OutboxService::Answer(rpc::Call& call, const v1::RetryParkedEventsRequest& request,
                                   v1::RetryParkedEventsResponse& response) {
  base::Violations violations;
  const std::vector<outbox::EventKey> keys = ReadEventKeys(request.event_ids(), violations);
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(
      const int64_t retried,
      outbox_.parked().Retry(keys, outbox_.options().relay.refusals_max, call.deadline()));
  response.set_retried_events(retried);
  log_.Info("parked events are to be published again", {{"events", retried}});
  return absl::OkStatus();
}

absl::Status OutboxService::Answer(rpc::Call& call, const v1::DiscardParkedEventsRequest& request,
                                   v1::DiscardParkedEventsResponse& response) {
  base::Violations violations;
  const std::vector<outbox::EventKey> keys = ReadEventKeys(request.event_ids(), violations);
  CheckReason(request.reason(), violations);
  RETURN_IF_ERROR(Verdict(violations));
  ASSIGN_OR_RETURN(
      const int64_t discarded,
      outbox_.parked().Discard(keys, request.reason(), call.caller().name, call.deadline()));
  response.set_discarded_events(discarded);
  log_.Warning("parked events discarded for ever",
               {{"events", discarded}, {"reason", request.reason()}, {"by", call.caller().name}});
  return absl::OkStatus();
}

}  // namespace tally::ops
