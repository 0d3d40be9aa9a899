#include "common/bus/event.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid.h"

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

std::string FormatMicros(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::Status Wrong(absl::string_view header, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("header ", header, ": ", allowed));
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
  const auto lane = base::Uuid::Parse(event.lane_id);
  if (!lane.ok() || lane->ToString() != event.lane_id)
    return Wrong(kLane, "not a UUID in canonical form");
  ASSIGN_OR_RETURN(const std::string sequence, Required(headers, kSequence));
  if (!absl::SimpleAtoi(sequence, &event.sequence) || event.sequence < 1)
    return Wrong(kSequence, "not a number from 1");
  ASSIGN_OR_RETURN(const std::string id, Required(headers, kId));
  if (id != event.Id()) return Wrong(kId, "must be <lane>/<sequence>");
  ASSIGN_OR_RETURN(event.source, Required(headers, kSource));
  ASSIGN_OR_RETURN(event.type, Required(headers, kType));
  ASSIGN_OR_RETURN(event.time, RequiredTime(headers, kTime));
  ASSIGN_OR_RETURN(event.record_time, RequiredTime(headers, kRecordedTime));
  return event;
}

}  // namespace tally::bus
