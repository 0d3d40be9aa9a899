#include "common/outbox/events_reply.h"

#include <algorithm>
#include <utility>

#include "common/bus/event.h"

namespace tally::outbox {
namespace {

using Verdict = events::v1::RangeVerdict;

constexpr int64_t kEnvelopeBytes = 128;  // the answer's own fields
constexpr int64_t kVerdictBytes = 80;    // without events and reason
constexpr int64_t kFieldBytes = 8;       // tag and length, generously

Verdict::Verdict ToMessage(RangeVerdict::Kind kind) {
  switch (kind) {
    case RangeVerdict::Kind::kEvents:
      return Verdict::VERDICT_EVENTS;
    case RangeVerdict::Kind::kParked:
      return Verdict::VERDICT_PARKED;
    case RangeVerdict::Kind::kVoid:
      return Verdict::VERDICT_VOID;
    case RangeVerdict::Kind::kTrimmed:
      return Verdict::VERDICT_TRIMMED;
    case RangeVerdict::Kind::kUnknown:
      return Verdict::VERDICT_UNKNOWN;
  }
  return Verdict::VERDICT_UNSPECIFIED;
}

events::v1::EventRecord ToRecord(const std::string& source, const std::string& lane_id,
                                 const OutboxEvent& event) {
  bus::Message message = bus::ToMessage(bus::Event{.lane_id = lane_id,
                                                   .sequence = event.sequence,
                                                   .source = source,
                                                   .type = event.type,
                                                   .subject = event.subject,
                                                   .time = event.time,
                                                   .record_time = event.record_time,
                                                   .traceparent = event.traceparent,
                                                   .payload = event.payload});
  events::v1::EventRecord record;
  record.set_sequence(event.sequence);
  record.set_subject(std::move(message.subject));
  for (const auto& [name, value] : message.headers.entries()) {
    events::v1::EventRecord::Header& header = *record.add_headers();
    header.set_name(name);
    header.set_value(value);
  }
  record.set_payload(std::move(message.payload));
  const int64_t micros = absl::ToUnixMicros(event.record_time);
  record.mutable_record_time()->set_seconds(micros / 1'000'000);
  record.mutable_record_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
  return record;
}

}  // namespace

EventsReply::EventsReply(std::string source, int64_t bytes_max, int64_t events_max,
                         events::v1::HealEventsReply& reply)
    : source_(std::move(source)),
      bytes_max_(bytes_max - kEnvelopeBytes),
      events_max_(events_max),
      reply_(reply) {}

void EventsReply::Add(const std::string& lane_id, const RangeVerdict& verdict,
                      const std::vector<OutboxEvent>& events) {
  if (full_) return;
  if (verdict.kind == RangeVerdict::Kind::kEvents) {
    AddEvents(lane_id, verdict.range, events);
  } else if (Fits(kVerdictBytes + static_cast<int64_t>(verdict.reason.size()))) {
    AddVerdict(lane_id, verdict.range, ToMessage(verdict.kind), verdict.reason);
  }
}

void EventsReply::AddEvents(const std::string& lane_id, base::SequenceRange range,
                            const std::vector<OutboxEvent>& events) {
  auto event = std::lower_bound(
      events.begin(), events.end(), range.first,
      [](const OutboxEvent& e, int64_t sequence) { return e.sequence < sequence; });
  Verdict* verdict = nullptr;
  for (; event != events.end() && event->sequence <= range.last; ++event) {
    events::v1::EventRecord record = ToRecord(source_, lane_id, *event);
    const int64_t bytes = static_cast<int64_t>(record.ByteSizeLong()) + kFieldBytes;
    if (bytes + kVerdictBytes > bytes_max_) {
      left_out_ = true;
      verdict = nullptr;
      continue;
    }
    if (events_ == events_max_) full_ = true;
    if (full_ || !Fits(bytes + (verdict == nullptr ? kVerdictBytes : 0))) return;
    if (verdict == nullptr) {
      AddVerdict(lane_id, {event->sequence, event->sequence}, Verdict::VERDICT_EVENTS, "");
      verdict = reply_.mutable_verdicts(reply_.verdicts_size() - 1);
    }
    verdict->mutable_range()->set_last_sequence(event->sequence);
    *verdict->add_events() = std::move(record);
    ++events_;
  }
}

void EventsReply::AddVerdict(const std::string& lane_id, base::SequenceRange range,
                             Verdict::Verdict verdict, const std::string& reason) {
  Verdict& message = *reply_.add_verdicts();
  message.mutable_range()->set_lane_id(lane_id);
  message.mutable_range()->set_first_sequence(range.first);
  message.mutable_range()->set_last_sequence(range.last);
  message.set_verdict(verdict);
  message.set_reason(reason);
}

bool EventsReply::Fits(int64_t bytes) {
  if (bytes_ + bytes > bytes_max_) full_ = true;
  if (!full_) bytes_ += bytes;
  return !full_;
}

int64_t EventsReply::events_left() const { return std::max<int64_t>(1, events_max_ - events_); }

int64_t EventsReply::bytes_left() const { return std::max<int64_t>(1, bytes_max_ - bytes_); }

bool EventsReply::MayBeCutShort(const std::vector<OutboxEvent>& events) const {
  if (events.empty()) return false;
  int64_t bytes = 0;
  for (const OutboxEvent& event : events) bytes += static_cast<int64_t>(event.payload.size());
  return static_cast<int64_t>(events.size()) >= events_left() || bytes >= bytes_left();
}

}  // namespace tally::outbox
