#include "common/outbox/answerer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "common/bus/event.h"
#include "common/outbox/events_reply.h"

namespace tally::outbox {
namespace {

using events::v1::HealEventsReply;
using events::v1::HealEventsRequest;
using events::v1::HealLanesReply;
using events::v1::HealLanesRequest;

constexpr size_t kQuestionsAtOnce = 4;
constexpr int kLanesMax = 1'000;
constexpr int kLaneBytes = 128;  // at most, in an answer
constexpr int kRangesMax = 1'000;
constexpr int64_t kParkedMax = 1'000;

std::unique_ptr<bus::Responder> Listen(bus::Bus& bus, const std::string& source, const char* what,
                                       const bus::Waker& waker) {
  return bus.NewResponder(
      {.subject = absl::StrCat("healing.v1.", source, ".", what), .group = source, .waker = waker});
}

template <typename Reply>
Reply ToReply(absl::StatusOr<Reply> answer) {
  if (answer.ok()) return *std::move(answer);
  Reply reply;
  reply.mutable_error()->set_code(static_cast<int>(answer.status().code()));
  reply.mutable_error()->set_message(std::string(answer.status().message()));
  return reply;
}

absl::Status CheckRanges(const HealEventsRequest& request) {
  if (request.ranges().empty() || request.ranges_size() > kRangesMax) {
    return absl::InvalidArgumentError("ranges: must be 1 to 1000");
  }
  for (const events::v1::SequenceRange& range : request.ranges()) {
    if (!base::Uuid::Parse(range.lane_id()).ok() || range.first_sequence() < 1 ||
        range.last_sequence() < range.first_sequence()) {
      return absl::InvalidArgumentError("ranges: must be of a lane, from 1 up");
    }
  }
  return absl::OkStatus();
}

}  // namespace

Answerer::Answerer(AnswererOptions options, LaneStore& lanes, bus::Bus& bus,
                   const bus::Waker& waker, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      lanes_(lanes),
      reader_(lanes.database()),
      bus_(bus),
      clock_(clock),
      failures_(telemetry.log, "answering consumers"),
      events_total_(telemetry.metrics.AddCounter("tally_outbox_healing_events_total",
                                                 "Events given to consumers that asked for them.")),
      lanes_responder_(Listen(bus, options_.source, "lanes", waker)),
      events_responder_(Listen(bus, options_.source, "events", waker)) {}

absl::Duration Answerer::Step() {
  const bool lanes = AnswerSome(*lanes_responder_, &Answerer::AnswerLanes);
  const bool events = AnswerSome(*events_responder_, &Answerer::AnswerEvents);
  return lanes || events ? absl::ZeroDuration() : absl::InfiniteDuration();
}

template <typename Request, typename Reply>
bool Answerer::AnswerSome(bus::Responder& responder, Reply (Answerer::*answer)(const Request&)) {
  const std::vector<bus::Question> questions = responder.Take(kQuestionsAtOnce);
  for (const bus::Question& question : questions) {
    Request request;
    absl::Status status = absl::InvalidArgumentError("not in binary protobuf");
    const Reply reply =
        request.ParseFromString(question.body) ? (this->*answer)(request) : ToReply<Reply>(status);
    status = responder.Answer(question, reply.SerializeAsString());
    if (!absl::IsUnavailable(status)) failures_.Note(status);
  }
  return !questions.empty();
}

HealLanesReply Answerer::AnswerLanes(const HealLanesRequest& request) {
  absl::StatusOr<HealLanesReply> reply = ListLanes(request);
  if (!absl::IsInvalidArgument(reply.status())) failures_.Note(reply.status());
  return ToReply(std::move(reply));
}

HealEventsReply Answerer::AnswerEvents(const HealEventsRequest& request) {
  absl::StatusOr<HealEventsReply> reply = FindEvents(request);
  if (!absl::IsInvalidArgument(reply.status())) failures_.Note(reply.status());
  return ToReply(std::move(reply));
}

absl::StatusOr<HealLanesReply> Answerer::ListLanes(const HealLanesRequest& request) {
  if (request.scope() == HealLanesRequest::SCOPE_UNSPECIFIED) {
    return absl::InvalidArgumentError("scope: must be given");
  }
  if (!request.page_token().empty() && !base::Uuid::Parse(request.page_token()).ok()) {
    return absl::InvalidArgumentError("page_token: not from an answer");
  }
  ASSIGN_OR_RETURN(const int64_t max_payload, bus_.MaxPayload());
  const int64_t wanted = request.page_size() < 1 ? kLanesMax : request.page_size();
  const int64_t lanes_max =
      std::clamp<int64_t>(max_payload / kLaneBytes, 1, std::min<int64_t>(wanted, kLanesMax));
  HealLanesReply reply;
  ASSIGN_OR_RETURN(*reply.mutable_database_id(), lanes_.database().Identity());
  const LaneReader::Scope scope = request.scope() == HealLanesRequest::SCOPE_ALL
                                      ? LaneReader::Scope::kAll
                                      : LaneReader::Scope::kCurrent;
  ASSIGN_OR_RETURN(const std::vector<LaneStatus> lanes,
                   reader_.List(scope, request.page_token(), lanes_max, Deadline()));
  for (const LaneStatus& lane : lanes) {
    events::v1::LaneExtent& extent = *reply.add_lanes();
    extent.set_lane_id(lane.lane_id);
    extent.set_head_sequence(lane.head);
    extent.set_closed(!lane.open);
    extent.set_published_through(lane.published_through);
    extent.set_trimmed_through(lane.trimmed_through);
  }
  if (static_cast<int64_t>(lanes.size()) == lanes_max) {
    reply.set_next_page_token(lanes.back().lane_id);
  }
  return reply;
}

absl::StatusOr<HealEventsReply> Answerer::FindEvents(const HealEventsRequest& request) {
  RETURN_IF_ERROR(CheckRanges(request));
  ASSIGN_OR_RETURN(const int64_t max_payload, bus_.MaxPayload());
  HealEventsReply reply;
  ASSIGN_OR_RETURN(*reply.mutable_database_id(), lanes_.database().Identity());
  EventsReply builder(options_.source, std::min<int64_t>(max_payload, request.max_reply_bytes()),
                      options_.events_max, reply);
  const absl::Time until = clock_.Now() + options_.answer_within;
  for (const events::v1::SequenceRange& asked : request.ranges()) {
    if (builder.full() || (!reply.verdicts().empty() && clock_.Now() >= until)) break;
    RETURN_IF_ERROR(
        AddRange(asked.lane_id(), {asked.first_sequence(), asked.last_sequence()}, builder));
  }
  if (reply.verdicts().empty()) {
    return builder.full() || builder.left_out()
               ? absl::ResourceExhaustedError("max_reply_bytes: not one event fits")
               : absl::FailedPreconditionError("nothing of it is published yet");
  }
  events_total_.Increment(static_cast<double>(builder.events()));
  return reply;
}

absl::Status Answerer::AddRange(const std::string& lane_id, base::SequenceRange range,
                                EventsReply& reply) {
  while (!reply.full()) {
    ASSIGN_OR_RETURN(const int64_t seen, AddBeginning(lane_id, range, reply));
    if (seen == range.last) break;
    range.first = seen + 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Answerer::AddBeginning(const std::string& lane_id,
                                               base::SequenceRange range, EventsReply& reply) {
  // What is published by now is in the table, or was trimmed, or is parked, when the later
  // statements look.
  ASSIGN_OR_RETURN(std::optional<LaneStatus> lane, FindLane(lane_id));
  const bool trimmed = lane.has_value() && range.first <= lane->trimmed_through;
  if (trimmed) range.last = std::min(range.last, lane->trimmed_through);
  ASSIGN_OR_RETURN(const std::vector<OutboxEvent> events,
                   ReadEvents(lane_id, range, trimmed, reply));
  ASSIGN_OR_RETURN(const std::optional<LaneStatus> later, FindLane(lane_id));
  if (lane.has_value() && later.has_value()) {
    lane->trimmed_through = later->trimmed_through;
    // Trimmed while it was read: begin again, with the archive.
    if (!trimmed && range.first <= later->trimmed_through) return range.first - 1;
  }
  ASSIGN_OR_RETURN(const std::vector<ParkedMark> parked,
                   reader_.ListParked(lane_id, range, kParkedMax, Deadline()));
  if (reply.MayBeCutShort(events)) range.last = events.back().sequence;
  if (parked.size() == kParkedMax) range.last = std::min(range.last, parked.back().sequence);
  for (const RangeVerdict& verdict : JudgeRange(range, lane, events, parked)) {
    reply.Add(lane_id, verdict, events);
  }
  return range.last;
}

absl::StatusOr<std::vector<OutboxEvent>> Answerer::ReadEvents(const std::string& lane_id,
                                                              base::SequenceRange range,
                                                              bool trimmed,
                                                              const EventsReply& reply) {
  if (!trimmed) {
    return lanes_.Read(lane_id, range, reply.events_left(), reply.bytes_left(), Deadline());
  }
  if (options_.archive == nullptr) return std::vector<OutboxEvent>();
  return options_.archive->Read(lane_id, range, reply.events_left(), reply.bytes_left(),
                                Deadline());
}

absl::StatusOr<std::optional<LaneStatus>> Answerer::FindLane(const std::string& lane_id) {
  absl::StatusOr<LaneStatus> lane = lanes_.Find(lane_id, Deadline());
  if (absl::IsNotFound(lane.status())) return std::nullopt;
  RETURN_IF_ERROR(lane.status());
  return *std::move(lane);
}

}  // namespace tally::outbox
