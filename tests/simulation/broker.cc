#include "tests/simulation/broker.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tally::simulation {
namespace {

constexpr absl::Duration kToldAfter = absl::Milliseconds(50);

absl::Status NoStream() { return absl::NotFoundError("no such stream"); }

}  // namespace

bus::Declared Broker::Declare(const bus::StreamConfig& config) {
  if (HasStream()) return {};
  state_.stream = Stream();
  state_.stream->created = scene_.clock.Now();
  state_.stream->duplicate_window = config.duplicate_window;
  scene_.Say("    the stream is created");
  return {.created = true, .differences = {}};
}

absl::StatusOr<bus::Declared> Broker::Declare(const bus::DurableConfig& config) {
  if (!HasStream()) return NoStream();
  if (HasDurable()) return bus::Declared();
  state_.durable = Durable();
  state_.durable->config = config;
  state_.durable->created = scene_.clock.Now();
  scene_.Say("    the durable is created");
  return bus::Declared{.created = true, .differences = {}};
}

absl::StatusOr<bus::StreamState> Broker::GetStreamState() const {
  if (!HasStream()) return NoStream();
  const Stream& stream = *state_.stream;
  bus::StreamState shown;
  shown.created = stream.created;
  shown.messages = static_cast<int64_t>(stream.messages.size());
  shown.first_sequence =
      stream.messages.empty() ? stream.last_sequence + 1 : stream.messages.begin()->first;
  shown.last_sequence = stream.last_sequence;
  shown.replicas = 1;
  shown.storage = "file";
  return shown;
}

absl::StatusOr<bus::DurableState> Broker::GetDurableState() const {
  if (!HasDurable()) return absl::NotFoundError("no such durable");
  const Durable& durable = *state_.durable;
  bus::DurableState shown;
  shown.created = durable.created;
  shown.description = durable.config.description;
  shown.ack_floor_stream_sequence =
      durable.awaited.empty() ? durable.delivered_through : durable.awaited.begin()->first - 1;
  shown.ack_pending = static_cast<int64_t>(durable.awaited.size());
  const auto& messages = state_.stream->messages;
  for (auto it = messages.upper_bound(durable.delivered_through); it != messages.end(); ++it) {
    if (Told(it->second)) ++shown.pending;
  }
  return shown;
}

bus::PublishResult Broker::Store(uint64_t token, const bus::Message& message,
                                 const std::string& id) {
  bus::PublishResult result{.token = token, .error = {}, .may_be_stored = false};
  if (static_cast<int64_t>(message.payload.size()) > max_payload) {
    scene_.Say("    the broker refuses ", scene_.NameOf(id));
    result.outcome = bus::PublishOutcome::kRefused;
    result.error = "too large";
    return result;
  }
  if (!HasStream() || full) {
    result.error = full ? "the stream is full" : "no responders";
    return result;
  }
  Stream& stream = *state_.stream;
  const absl::Time now = scene_.clock.Now();
  const auto known = stream.ids.find(id);
  if (known != stream.ids.end() && now - known->second < stream.duplicate_window) {
    scene_.sightings.Saw("duplicate that the stream dropped");
    scene_.Say("    the broker has ", scene_.NameOf(id), " already");
    result.outcome = bus::PublishOutcome::kDuplicate;
    return result;
  }
  stream.ids[id] = now;
  stream.messages.emplace(++stream.last_sequence, Stored{message, now});
  scene_.Say("    the broker stores ", scene_.NameOf(id), " as ", stream.last_sequence);
  result.outcome = bus::PublishOutcome::kStored;
  return result;
}

bool Broker::Told(const Stored& stored) const {
  return scene_.clock.Now() - stored.time >= kToldAfter;
}

std::optional<bus::Delivery> Broker::Give(int64_t stream_sequence) {
  const Stored& stored = state_.stream->messages.at(stream_sequence);
  Durable& durable = *state_.durable;
  Awaited& awaited = durable.awaited[stream_sequence];
  awaited.until = scene_.clock.Now() + durable.config.ack_wait;
  ++awaited.deliveries;
  if (awaited.deliveries > 1) scene_.sightings.Saw("redelivery");
  return bus::Delivery{.message = stored.message,
                       .reply = absl::StrCat(stream_sequence),
                       .stream_sequence = stream_sequence,
                       .delivery_count = awaited.deliveries,
                       .stored_time = stored.time};
}

std::optional<bus::Delivery> Broker::Deliver() {
  if (!HasDurable()) return std::nullopt;
  Durable& durable = *state_.durable;
  const auto& messages = state_.stream->messages;
  for (auto it = durable.awaited.begin(); it != durable.awaited.end();) {
    if (it->second.until > scene_.clock.Now()) {
      ++it;
    } else if (messages.contains(it->first)) {
      return Give(it->first);
    } else {
      it = durable.awaited.erase(it);
    }
  }
  const auto next = messages.upper_bound(durable.delivered_through);
  if (next == messages.end() || !Told(next->second) ||
      static_cast<int64_t>(durable.awaited.size()) >= durable.config.max_ack_pending) {
    return std::nullopt;
  }
  durable.delivered_through = next->first;
  return Give(next->first);
}

void Broker::Acknowledge(int64_t stream_sequence) {
  if (HasDurable()) state_.durable->awaited.erase(stream_sequence);
}

void Broker::GiveBack(int64_t stream_sequence, absl::Duration delay) {
  if (!HasDurable()) return;
  const auto it = state_.durable->awaited.find(stream_sequence);
  if (it != state_.durable->awaited.end()) it->second.until = scene_.clock.Now() + delay;
}

void Broker::Extend(int64_t stream_sequence) {
  if (HasDurable()) GiveBack(stream_sequence, state_.durable->config.ack_wait);
}

bool Broker::RollBack() {
  if (!copy_.has_value()) return false;
  state_ = *copy_;
  return true;
}

bool Broker::DeleteMessage() {
  if (!HasStream() || state_.stream->messages.empty()) return false;
  auto& messages = state_.stream->messages;
  messages.erase(
      std::next(messages.begin(), static_cast<int64_t>(scene_.chance.Below(messages.size()))));
  return true;
}

void Broker::Purge() {
  if (HasStream()) state_.stream->messages.clear();
}

void Broker::DeleteDurable() { state_.durable.reset(); }

}  // namespace tally::simulation
