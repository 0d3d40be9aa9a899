#include "common/inbox/producer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "tally/events/v1/healing.pb.h"

namespace tally::inbox {
namespace {

using events::v1::EventRecord;
using events::v1::HealEventsReply;
using events::v1::HealEventsRequest;
using events::v1::HealLanesReply;
using events::v1::HealLanesRequest;
using events::v1::RangeVerdict;
using Kind = Producer::RangeAnswer::Kind;

constexpr int32_t kReplyBytesMax = 8 << 20;
constexpr int64_t kRangeBytes = 64;  // of a question, at most

absl::Status Unreadable(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("an answer that does not read: ", what));
}

bool IsLane(const std::string& lane_id) {
  const absl::StatusOr<base::Uuid> uuid = base::Uuid::Parse(lane_id);
  return uuid.ok() && uuid->ToString() == lane_id;
}

std::optional<Kind> KindOf(RangeVerdict::Verdict verdict) {
  switch (verdict) {
    case RangeVerdict::VERDICT_EVENTS:
      return Kind::kEvents;
    case RangeVerdict::VERDICT_PARKED:
      return Kind::kParked;
    case RangeVerdict::VERDICT_VOID:
      return Kind::kVoid;
    case RangeVerdict::VERDICT_TRIMMED:
      return Kind::kTrimmed;
    case RangeVerdict::VERDICT_UNKNOWN:
      return Kind::kUnknown;
    default:
      return std::nullopt;
  }
}

absl::StatusOr<Extent> ReadExtent(const events::v1::LaneExtent& lane) {
  if (!IsLane(lane.lane_id()) || lane.published_through() < 0 ||
      lane.head_sequence() < lane.published_through() || lane.head_sequence() > bus::kSequenceMax) {
    return Unreadable("lane");
  }
  return Extent{.lane_id = lane.lane_id(),
                .head = lane.head_sequence(),
                .published_through = lane.published_through(),
                .current = !lane.closed() || lane.head_sequence() > lane.trimmed_through()};
}

// The message as a stream would have brought it.
absl::StatusOr<bus::Delivery> ReadRecord(const std::string& source, const std::string& lane_id,
                                         int64_t sequence, EventRecord& record) {
  bus::Delivery delivery;
  delivery.message.subject = std::move(*record.mutable_subject());
  delivery.message.payload = std::move(*record.mutable_payload());
  for (EventRecord::Header& header : *record.mutable_headers()) {
    delivery.message.headers.Add(std::move(*header.mutable_name()),
                                 std::move(*header.mutable_value()));
  }
  const bus::Headers& headers = delivery.message.headers;
  if (record.sequence() != sequence || headers.Get("ce-lane") != lane_id ||
      headers.Get("ce-sequence") != absl::StrCat(sequence) || headers.Get("ce-source") != source ||
      bus::HoldsBatch(delivery.message)) {
    return Unreadable("an event in another's place");
  }
  return delivery;
}

absl::StatusOr<Producer::RangeAnswer> ReadVerdict(const std::string& source, RangeVerdict& message,
                                                  Kind kind) {
  Producer::RangeAnswer answer;
  answer.kind = kind;
  answer.reason = std::move(*message.mutable_reason());
  const events::v1::SequenceRange& range = message.range();
  answer.asked = {range.lane_id(), {range.first_sequence(), range.last_sequence()}};
  if (!IsLane(range.lane_id()) || range.first_sequence() < 1 ||
      range.last_sequence() < range.first_sequence()) {
    return Unreadable("range");
  }
  if (kind != Kind::kEvents) return answer;
  if (range.last_sequence() - range.first_sequence() != message.events_size() - 1 ||
      range.last_sequence() > bus::kSequenceMax) {
    return Unreadable("not one event for each sequence");
  }
  int64_t sequence = range.first_sequence();
  for (EventRecord& record : *message.mutable_events()) {
    ASSIGN_OR_RETURN(bus::Delivery delivery,
                     ReadRecord(source, range.lane_id(), sequence++, record));
    answer.events.push_back(std::move(delivery));
  }
  return answer;
}

bool WasAsked(const std::vector<LaneRange>& asked, const LaneRange& answered) {
  return std::any_of(asked.begin(), asked.end(), [&](const LaneRange& wanted) {
    return wanted.range.first <= answered.range.first && answered.range.last <= wanted.range.last &&
           wanted.lane_id == answered.lane_id;
  });
}

}  // namespace

Producer::Producer(std::string source, std::string consumer, absl::Duration timeout, bus::Bus& bus,
                   base::Clock& clock)
    : source_(std::move(source)),
      consumer_(std::move(consumer)),
      timeout_(timeout),
      bus_(bus),
      clock_(clock) {}

template <typename Reply, typename Request>
absl::StatusOr<Reply> Producer::Ask(const char* what, const Request& request) {
  ASSIGN_OR_RETURN(const std::string answer,
                   bus_.Request(absl::StrCat("healing.v1.", source_, ".", what),
                                request.SerializeAsString(), clock_.Now() + timeout_));
  Reply reply;
  if (!reply.ParseFromString(answer)) return Unreadable("not in binary protobuf");
  if (reply.has_error()) {
    const std::string why = absl::StrCat(source_, " cannot answer: ", reply.error().message());
    const auto code = static_cast<absl::StatusCode>(reply.error().code());
    const bool too_early = code == absl::StatusCode::kFailedPrecondition;
    return too_early ? absl::NotFoundError(why) : absl::UnavailableError(why);
  }
  if (reply.database_id().empty()) return Unreadable("no database_id");
  return reply;
}

absl::StatusOr<Producer::Lanes> Producer::ListLanes(bool every_lane) {
  Lanes lanes;
  HealLanesRequest request;
  request.set_consumer(consumer_);
  request.set_scope(every_lane ? HealLanesRequest::SCOPE_ALL : HealLanesRequest::SCOPE_CURRENT);
  do {
    ASSIGN_OR_RETURN(const HealLanesReply reply, Ask<HealLanesReply>("lanes", request));
    if (!lanes.database_id.empty() && lanes.database_id != reply.database_id()) {
      return Unreadable("pages of two databases");
    }
    lanes.database_id = reply.database_id();
    for (const events::v1::LaneExtent& lane : reply.lanes()) {
      ASSIGN_OR_RETURN(Extent extent, ReadExtent(lane));
      if (!lanes.lanes.empty() && extent.lane_id <= lanes.lanes.back().lane_id) {
        return Unreadable("lanes out of order");
      }
      lanes.lanes.push_back(std::move(extent));
    }
    if (reply.lanes().empty() && !reply.next_page_token().empty()) return Unreadable("empty page");
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty());
  return lanes;
}

absl::StatusOr<Producer::Answers> Producer::FindEvents(const std::vector<LaneRange>& ranges) {
  ASSIGN_OR_RETURN(const int64_t max_payload, bus_.MaxPayload());
  const auto fit = static_cast<size_t>(std::max<int64_t>(1, max_payload / kRangeBytes - 1));
  HealEventsRequest request;
  request.set_consumer(consumer_);
  request.set_max_reply_bytes(kReplyBytesMax);
  for (const LaneRange& wanted : absl::MakeSpan(ranges).first(std::min(fit, ranges.size()))) {
    events::v1::SequenceRange& range = *request.add_ranges();
    range.set_lane_id(wanted.lane_id);
    range.set_first_sequence(wanted.range.first);
    range.set_last_sequence(wanted.range.last);
  }
  ASSIGN_OR_RETURN(HealEventsReply reply, Ask<HealEventsReply>("events", request));
  Answers answers{.database_id = reply.database_id(), .ranges = {}};
  for (RangeVerdict& verdict : *reply.mutable_verdicts()) {
    const std::optional<Kind> kind = KindOf(verdict.verdict());
    if (!kind.has_value()) continue;
    ASSIGN_OR_RETURN(RangeAnswer answer, ReadVerdict(source_, verdict, *kind));
    if (!WasAsked(ranges, answer.asked)) return Unreadable("a range that was not asked for");
    answers.ranges.push_back(std::move(answer));
  }
  if (answers.ranges.empty()) return Unreadable("no verdict");
  return answers;
}

}  // namespace tally::inbox
