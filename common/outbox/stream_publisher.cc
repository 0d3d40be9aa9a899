#include "common/outbox/stream_publisher.h"

#include <algorithm>
#include <utility>

#include "common/bus/event.h"

namespace tally::outbox {
namespace {

constexpr absl::Duration kConnectionPoll = absl::Milliseconds(100);
constexpr absl::Duration kResultPoll = absl::Milliseconds(100);
constexpr int kDeclareLessOften = 30;  // at most

bus::EventRun ToRun(const std::string& source, const std::string& lane_id,
                    std::vector<OutboxEvent> events) {
  bus::EventRun run{.lane_id = lane_id,
                    .first_sequence = events.front().sequence,
                    .source = source,
                    .type = std::move(events.front().type),
                    .subject = std::move(events.front().subject),
                    .entries = {}};
  run.entries.reserve(events.size());
  for (OutboxEvent& event : events) {
    run.entries.push_back({.time = event.time,
                           .record_time = event.record_time,
                           .traceparent = std::move(event.traceparent),
                           .payload = std::move(event.payload)});
  }
  return run;
}

bool NoteSent(LaneOutbound& outbound, base::SequenceRange sequences) {
  bool first_time = true;
  for (int64_t sequence = sequences.first; sequence <= sequences.last; ++sequence) {
    first_time = outbound.Sent(sequence) && first_time;
  }
  return first_time;
}

}  // namespace

StreamPublisher::StreamPublisher(StreamPublisherOptions options, bus::Bus& bus, bus::Waker waker,
                                 base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      bus_(bus),
      wall_clock_(clock),
      clock_(clock),
      log_(telemetry.log),
      stalled_gauge_(telemetry.metrics.AddGauge(
          "tally_relay_stalled", "1 while events wait and the bus takes none of them.")),
      published_total_(telemetry.metrics.AddCounter("tally_relay_published_total",
                                                    "Events the stream has acknowledged.")),
      publisher_(bus.NewPublisher({.window = options_.window_messages,
                                   .ack_timeout = options_.ack_timeout,
                                   .waker = std::move(waker)})),
      declarer_(options_.stream, std::nullopt, bus, clock, telemetry),
      undeclared_(
          {.initial = options_.declare_every, .max = kDeclareLessOften * options_.declare_every}),
      backoff_(options_.backoff) {}

size_t StreamPublisher::Room() {
  if (!Reachable() || clock_.Now() < retry_at_) return 0;
  if (Full()) return 0;
  KeepDeclared();
  return stalled_ ? 1 : options_.window_messages - in_flight_.size();
}

bool StreamPublisher::Full() const {
  if (stalled_) return probe_.has_value();
  if (in_flight_.empty()) return false;
  return refused_more_ || in_flight_.size() >= options_.window_messages ||
         in_flight_bytes_ >= options_.window_bytes_max;
}

absl::Time StreamPublisher::next_try(bool something_to_send) {
  absl::Time at = absl::InfiniteFuture();
  if (!in_flight_.empty() || !results_.empty()) at = clock_.Now() + kResultPoll;
  if (something_to_send && !Full()) at = std::min(at, retry_at_);
  return at;
}

bool StreamPublisher::Reachable() {
  const bool was_connected = std::exchange(connected_, bus_.Connected());
  if (!connected_) {
    Stall("not connected");
    retry_at_ = clock_.Now() + kConnectionPoll;
  } else if (!was_connected) {
    declare_at_ = absl::InfinitePast();
    backoff_.Reset();
    retry_at_ = absl::InfinitePast();
  }
  return connected_;
}

void StreamPublisher::KeepDeclared() {
  const absl::Time now = clock_.Now();
  if (!bus_.Connected() || now < declare_at_ || (stalled_ && now < retry_at_)) return;
  // Without the right to declare there may still be the right to publish: go on, and wait for
  // an answer that does not come ever more rarely.
  const bool declared = declarer_.Declare(options_.declare_timeout).ok();
  if (declared) undeclared_.Reset();
  declare_at_ = clock_.Now() + (declared ? options_.declare_every : undeclared_.Next());
}

bool StreamPublisher::Send(const std::shared_ptr<RelayLane>& lane,
                           std::vector<OutboxEvent> events) {
  const base::SequenceRange sequences = {events.front().sequence, events.back().sequence};
  bus::EventRun run = ToRun(options_.source, lane->id, std::move(events));
  const std::string id = run.Id();
  const bus::Message message = bus::ToMessage(std::move(run));
  const absl::Status status = publisher_->Publish(++last_token_, message, id);
  if (absl::IsInvalidArgument(status)) {
    results_.push_back({.lane = lane,
                        .sequences = sequences,
                        .outcome = bus::PublishOutcome::kRefused,
                        .error = std::string(status.message()),
                        .first_time = NoteSent(lane->outbound, sequences)});
    return true;
  }
  if (!status.ok()) {
    refused_more_ = absl::IsResourceExhausted(status);
    if (!refused_more_) Stall(status.message());
    return false;
  }
  const size_t bytes = message.payload.size();
  in_flight_.emplace(last_token_,
                     Sent{lane, sequences, bytes, NoteSent(lane->outbound, sequences)});
  in_flight_bytes_ += bytes;
  if (stalled_) probe_ = last_token_;
  return true;
}

std::vector<StreamPublisher::Result> StreamPublisher::TakeResults() {
  std::vector<Result> results = std::exchange(results_, {});
  bool stored = false;
  std::optional<std::string> unavailable;
  refused_more_ = false;
  for (bus::PublishResult& result : publisher_->TakeResults()) {
    const auto it = in_flight_.find(result.token);
    if (it == in_flight_.end()) continue;
    Sent& sent = it->second;
    if (result.outcome == bus::PublishOutcome::kStored ||
        result.outcome == bus::PublishOutcome::kDuplicate) {
      stored = true;
      published_total_.Increment(
          static_cast<double>(sent.sequences.last - sent.sequences.first + 1));
    }
    if (result.outcome == bus::PublishOutcome::kUnavailable) unavailable = result.error;
    if (probe_ == result.token) probe_.reset();
    in_flight_bytes_ -= sent.bytes;
    results.push_back({.lane = std::move(sent.lane),
                       .sequences = sent.sequences,
                       .outcome = result.outcome,
                       .error = std::move(result.error),
                       .first_time = sent.first_time,
                       .may_be_stored = result.outcome == bus::PublishOutcome::kUnavailable &&
                                        result.may_be_stored});
    in_flight_.erase(it);
  }
  if (stored) Recover();
  if (unavailable.has_value()) Stall(*unavailable);
  return results;
}

void StreamPublisher::Stall(absl::string_view why) {
  if (!stalled_) {
    log_.Warning("the bus takes no events", {{"stream", options_.stream.name}, {"why", why}});
    stalled_since_ = wall_clock_.Now();
  }
  stalled_ = true;
  stalled_by_ = std::string(why);
  stalled_gauge_.Set(1);
  declare_at_ = absl::InfinitePast();
  retry_at_ = clock_.Now() + backoff_.Next();
}

void StreamPublisher::Recover() {
  if (stalled_) log_.Info("the bus takes events again", {{"stream", options_.stream.name}});
  stalled_ = false;
  stalled_since_ = absl::InfiniteFuture();
  stalled_by_.clear();
  stalled_gauge_.Set(0);
  probe_.reset();
  retry_at_ = absl::InfinitePast();
  backoff_.Reset();
}

}  // namespace tally::outbox
