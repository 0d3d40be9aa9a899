#include "common/bus/event.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"
#include "tally/events/v1/event_batch.pb.h"

namespace tally::bus {
namespace {

constexpr char kSpecVersion[] = "ce-specversion";
constexpr char kId[] = "ce-id";
constexpr char kSource[] = "ce-source";
constexpr char kType[] = "ce-type";
constexpr char kTime[] = "ce-time";
constexpr char kRecordedTime[] = "ce-recordedtime";
constexpr char kLane[] = "ce-lane";
constexpr char kSequence[] = "ce-sequence";
constexpr char kTraceparent[] = "traceparent";
constexpr char kContentType[] = "content-type";
constexpr char kProtobuf[] = "application/protobuf";
constexpr char kBatch[] = "application/vnd.tally.event-batch+protobuf";
constexpr int kBatchEventsMax = 10'000;

std::string FormatMicros(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::Status Wrong(absl::string_view header, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("header ", header, ": ", allowed));
}

absl::Status WrongInBatch(absl::string_view field, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("event batch: ", field, ": ", allowed));
}

bool IsCanonicalUuid(absl::string_view text) {
  const absl::StatusOr<base::Uuid> uuid = base::Uuid::Parse(text);
  return uuid.ok() && uuid->ToString() == text;
}

absl::Status Check(const events::v1::EventBatch& batch) {
  if (!IsCanonicalUuid(batch.lane_id())) {
    return WrongInBatch("lane_id", "not a UUID in canonical form");
  }
  if (batch.first_sequence() < 1 || batch.first_sequence() > kSequenceMax - kBatchEventsMax) {
    return WrongInBatch("first_sequence", "not a number from 1 to 10^15");
  }
  if (batch.source().empty()) return WrongInBatch("source", "missing");
  if (batch.type().empty()) return WrongInBatch("type", "missing");
  if (batch.entries().empty() || batch.entries_size() > kBatchEventsMax) {
    return WrongInBatch("entries", "must be 1 to 10000");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Required(const Headers& headers, const char* name) {
  const absl::string_view value = headers.Get(name);
  if (value.empty()) return Wrong(name, "missing");
  return std::string(value);
}

absl::StatusOr<absl::Time> RequiredTime(const Headers& headers, const char* name) {
  ASSIGN_OR_RETURN(const std::string text, Required(headers, name));
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time == absl::InfiniteFuture() ||
      time == absl::InfinitePast()) {
    return Wrong(name, "not an RFC 3339 time");
  }
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace

std::string Event::Id() const { return absl::StrCat(lane_id, "/", sequence); }

Message ToMessage(Event event) {
  Message message;
  Headers& headers = message.headers;
  headers.Set(kSpecVersion, "1.0");
  headers.Set(kId, event.Id());
  headers.Set(kSource, std::move(event.source));
  headers.Set(kType, std::move(event.type));
  headers.Set(kTime, FormatMicros(event.time));
  headers.Set(kRecordedTime, FormatMicros(event.record_time));
  headers.Set(kLane, std::move(event.lane_id));
  headers.Set(kSequence, absl::StrCat(event.sequence));
  if (!event.traceparent.empty()) headers.Set(kTraceparent, std::move(event.traceparent));
  headers.Set(kContentType, kProtobuf);
  message.subject = std::move(event.subject);
  message.payload = std::move(event.payload);
  return message;
}

absl::StatusOr<Event> FromMessage(const Message& message) {
  const Headers& headers = message.headers;
  if (headers.Get(kSpecVersion) != "1.0") return Wrong(kSpecVersion, "must be 1.0");
  const absl::string_view content_type = headers.Get(kContentType);
  if (!content_type.empty() && content_type != kProtobuf)
    return Wrong(kContentType, absl::StrCat("must be ", kProtobuf));

  Event event;
  event.subject = message.subject;
  event.traceparent = std::string(headers.Get(kTraceparent));
  event.payload = message.payload;
  ASSIGN_OR_RETURN(event.lane_id, Required(headers, kLane));
  if (!IsCanonicalUuid(event.lane_id)) return Wrong(kLane, "not a UUID in canonical form");
  ASSIGN_OR_RETURN(const std::string sequence, Required(headers, kSequence));
  if (!absl::SimpleAtoi(sequence, &event.sequence) || event.sequence < 1 ||
      event.sequence > kSequenceMax) {
    return Wrong(kSequence, "not a number from 1 to 10^15");
  }
  ASSIGN_OR_RETURN(const std::string id, Required(headers, kId));
  if (id != event.Id()) return Wrong(kId, "must be <lane>/<sequence>");
  ASSIGN_OR_RETURN(event.source, Required(headers, kSource));
  ASSIGN_OR_RETURN(event.type, Required(headers, kType));
  ASSIGN_OR_RETURN(event.time, RequiredTime(headers, kTime));
  ASSIGN_OR_RETURN(event.record_time, RequiredTime(headers, kRecordedTime));
  return event;
}

std::string EventRun::Id() const {
  const int64_t last = first_sequence + static_cast<int64_t>(entries.size()) - 1;
  return last == first_sequence ? absl::StrCat(lane_id, "/", first_sequence)
                                : absl::StrCat(lane_id, "/", first_sequence, "-", last);
}

Message ToMessage(EventRun run) {
  if (run.entries.size() == 1) {
    EventRun::Entry& entry = run.entries.front();
    return ToMessage(Event{.lane_id = std::move(run.lane_id),
                           .sequence = run.first_sequence,
                           .source = std::move(run.source),
                           .type = std::move(run.type),
                           .subject = std::move(run.subject),
                           .time = entry.time,
                           .record_time = entry.record_time,
                           .traceparent = std::move(entry.traceparent),
                           .payload = std::move(entry.payload)});
  }
  events::v1::EventBatch batch;
  batch.set_source(run.source);
  batch.set_lane_id(run.lane_id);
  batch.set_first_sequence(run.first_sequence);
  batch.set_type(run.type);
  batch.mutable_entries()->Reserve(static_cast<int>(run.entries.size()));
  for (EventRun::Entry& entry : run.entries) {
    events::v1::EventBatch::Entry& out = *batch.add_entries();
    out.set_time_micros(absl::ToUnixMicros(entry.time));
    out.set_record_time_micros(absl::ToUnixMicros(entry.record_time));
    out.set_traceparent(std::move(entry.traceparent));
    out.set_payload(std::move(entry.payload));
  }
  Message message;
  message.subject = std::move(run.subject);
  message.headers.Add(kContentType, kBatch);
  message.payload = batch.SerializeAsString();
  return message;
}

bool HoldsBatch(const Message& message) { return message.headers.Get(kContentType) == kBatch; }

absl::StatusOr<std::vector<Event>> ReadBatch(const Message& message) {
  events::v1::EventBatch batch;
  if (!batch.ParseFromString(message.payload)) {
    return absl::InvalidArgumentError("event batch: not in binary protobuf");
  }
  RETURN_IF_ERROR(Check(batch));
  std::vector<Event> events;
  events.reserve(static_cast<size_t>(batch.entries_size()));
  int64_t sequence = batch.first_sequence();
  for (events::v1::EventBatch::Entry& entry : *batch.mutable_entries()) {
    events.push_back({.lane_id = batch.lane_id(),
                      .sequence = sequence++,
                      .source = batch.source(),
                      .type = batch.type(),
                      .subject = message.subject,
                      .time = absl::FromUnixMicros(entry.time_micros()),
                      .record_time = absl::FromUnixMicros(entry.record_time_micros()),
                      .traceparent = std::move(*entry.mutable_traceparent()),
                      .payload = std::move(*entry.mutable_payload())});
  }
  return events;
}

}  // namespace tally::bus
