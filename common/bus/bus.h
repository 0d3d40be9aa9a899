#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/bus/message.h"

namespace tally::bus {

// The durable stream events go to. File storage, limits retention, discard new.
struct StreamConfig {
  std::string name;
  std::vector<std::string> subjects;
  int replicas = 1;
  absl::Duration max_age = absl::Hours(72);
  int64_t max_bytes = -1;  // -1: no limit
  absl::Duration duplicate_window = absl::Minutes(2);
};

// A durable pull consumer: explicit acknowledgement, deliver all, no filter, max_deliver -1.
struct DurableConfig {
  std::string stream;
  std::string name;
  std::string description;  // names the database it feeds
  absl::Duration ack_wait = absl::Seconds(5);
  int64_t max_ack_pending = 20'000;
};

// What was found when a stream or durable was declared. Differences are reported, never changed.
struct Declared {
  bool created = false;
  std::vector<std::string> differences;  // "max_age: wanted 72h, is 24h"
};

struct StreamState {
  absl::Time created;
  int64_t messages = 0;
  int64_t bytes = 0;
  int64_t first_sequence = 0;
  int64_t last_sequence = 0;
  int64_t replicas = 0;
  std::string storage;  // "file", "memory"
  // What the server shows of what keeps the messages, by name: replicas, replicas_current, storage,
  // max_age, max_bytes, sync.
  std::map<std::string, std::string> durability;
};

struct DurableState {
  absl::Time created;
  std::string description;
  int64_t ack_floor_stream_sequence = 0;
  int64_t pending = 0;      // not delivered yet
  int64_t ack_pending = 0;  // delivered, not acknowledged
  int64_t deliveries = 0;   // made so far, repeated ones included
  int64_t waiting = 0;      // requests of consumers that would take more
};

enum class PublishOutcome {
  kStored,
  kDuplicate,  // the stream had this message id already
  kRefused,    // this message only: too large
  // Everything else: the next message would meet it too, and this one may be stored after all.
  kUnavailable,
};

struct PublishResult {
  uint64_t token = 0;
  PublishOutcome outcome = PublishOutcome::kUnavailable;
  std::string error;  // for kRefused and kUnavailable
  // For kUnavailable: nobody said that the stream does not have it.
  bool may_be_stored = true;
};

// Called from a library thread when there may be something to take; must not block. Usually
// StepThread::Wake.
using Waker = std::function<void()>;

// Publishes to JetStream. Each accepted Publish gets exactly one result: by its answer, at the
// latest after the acknowledgement timeout, and at once when the connection it was sent on is lost.
// Messages leave in call order. Timeouts are found by TakeResults: call it when woken, and at least
// every second while results are missing. One thread at a time.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // `message_id` is what the stream drops duplicates by. Nothing was sent when it is UNAVAILABLE
  // (not connected), RESOURCE_EXHAUSTED (the window of outstanding messages is full) or
  // INVALID_ARGUMENT (no subject); that a message is beyond the server's max_payload comes as a
  // result, kRefused. Blocks for a second at most, when the socket takes no more.
  virtual absl::Status Publish(uint64_t token, const Message& message,
                               const std::string& message_id) = 0;
  // Sends what is buffered; call once after a run of Publish. Without it, a millisecond later.
  virtual void Flush() = 0;
  virtual std::vector<PublishResult> TakeResults() = 0;
};

struct PublisherOptions {
  size_t window = 4096;  // outstanding messages
  absl::Duration ack_timeout = absl::Seconds(2);
  Waker waker = nullptr;
};

// Takes deliveries of a durable consumer. Keeps pull requests outstanding so that Take finds
// messages in memory; what it holds is bounded by twice `prefetch`. One thread at a time, except
// that the waker comes from the library's threads.
class PullConsumer {
 public:
  virtual ~PullConsumer() = default;
  // Up to `max` deliveries that have arrived, oldest first, perhaps none, and no more than hold
  // `bytes_max` of payload unless it is one alone; also sends the pull requests that are due and
  // mends a subscription that stalled (pending > 0 and nothing delivered: pull again, subscribe
  // again, reconnect; counted). Does not wait. Call it when woken and at least every second; again
  // at once when it gave any. NOT_FOUND while the durable or its stream is gone: declare it again.
  // UNAVAILABLE while there is no connection or no JetStream.
  virtual absl::StatusOr<std::vector<Delivery>> Take(size_t max, size_t bytes_max) = 0;
  absl::StatusOr<std::vector<Delivery>> Take(size_t max) {
    return Take(max, std::numeric_limits<size_t>::max());
  }
  // Fire and forget: what is lost comes back redelivered after ack_wait. Only for deliveries of the
  // connection in use: after a reconnect the stream may be another one, where the same reply would
  // acknowledge a message nobody has seen.
  virtual void Ack(absl::Span<const Delivery> deliveries) = 0;
  virtual void Nak(absl::Span<const Delivery> deliveries, absl::Duration delay) = 0;
  virtual void InProgress(absl::Span<const Delivery> deliveries) = 0;
};

struct PullConsumerOptions {
  std::string stream;
  std::string durable;
  size_t prefetch = 4096;
  absl::Duration stall_after = absl::Seconds(5);
  Waker waker = nullptr;
};

// Answers requests that others put on a subject with Bus::Request. Of those of one group each
// request comes to one, without a group (empty) to all. Takes part again after every reconnect. One
// thread at a time, except that the waker comes from the library's threads.
class Responder {
 public:
  virtual ~Responder() = default;
  // Up to `max` questions that have come, oldest first, perhaps none. Does not wait. Call it when
  // woken and at least every second: it is also what subscribes on a new connection.
  virtual std::vector<Question> Take(size_t max) = 0;
  // Fire and forget: an answer that is lost is asked for again. RESOURCE_EXHAUSTED beyond the
  // server's max_payload, UNAVAILABLE while not connected.
  virtual absl::Status Answer(const Question& question, const std::string& body) = 0;
};

struct ResponderOptions {
  std::string subject;
  std::string group;
  size_t questions_max = 64;  // that wait to be taken; more are dropped, and asked again
  Waker waker = nullptr;
};

// The message bus. Two implementations: NATS JetStream and, for simulation, one in memory.
// Constructing never waits for a server: the connection is made and kept in the background, and
// calls fail with UNAVAILABLE while there is none.
//
// It guarantees: one result for every message accepted; no acknowledgement that nobody gave;
// bounded memory (the publisher's window, the consumer's prefetch). It does not guarantee that what
// was acknowledged is kept, nor that a message comes once.
//
//   server gone, frozen, restarted   → every outstanding publish is kUnavailable; deliveries in
//                                      memory are forgotten and come again after ack_wait; wakers
//                                      are called; goes on by itself when connected again
//   stream full, gone, not permitted → kUnavailable, for each message
//   stream or durable gone           → NOT_FOUND from Take until declared again
//   deliveries stall                 → pull again, subscribe again, reconnect
//
//   nobody answers a request         → UNAVAILABLE: at once when nobody listens to its subject,
//                                      otherwise at the deadline
//
// Metrics: tally_bus_connected, tally_bus_reconnects_total, tally_bus_publish_total{outcome},
// tally_bus_deliveries_total, tally_bus_redeliveries_total, tally_bus_stalls_total{step}.
//
// Thread-safe.
class Bus {
 public:
  virtual ~Bus() = default;
  virtual bool Connected() const = 0;
  // The server's limit for one message in bytes; UNAVAILABLE until connected once.
  virtual absl::StatusOr<int64_t> MaxPayload() const = 0;
  // Of the server last connected to; empty where it is not known.
  virtual std::string ServerVersion() const { return ""; }

  // Creates what is missing where the account may; otherwise compares. Waits until `deadline`. A
  // durable that answers nothing, and never did, is deleted: UNAVAILABLE, declare it again.
  virtual absl::StatusOr<Declared> Declare(const StreamConfig& config, absl::Time deadline) = 0;
  virtual absl::StatusOr<Declared> Declare(const DurableConfig& config, absl::Time deadline) = 0;
  virtual absl::StatusOr<StreamState> GetStreamState(const std::string& stream,
                                                     absl::Time deadline) = 0;
  virtual absl::StatusOr<DurableState> GetDurableState(const std::string& stream,
                                                       const std::string& durable,
                                                       absl::Time deadline) = 0;

  // Puts a question to whoever answers on `subject`, outside of any stream, and waits for the
  // answer until `deadline`. UNAVAILABLE as above; INVALID_ARGUMENT: it is larger than the server
  // takes.
  virtual absl::StatusOr<std::string> Request(const std::string& subject, const std::string& body,
                                              absl::Time deadline) = 0;

  // The objects made must be destroyed before the bus.
  virtual std::unique_ptr<Publisher> NewPublisher(PublisherOptions options) = 0;
  virtual std::unique_ptr<PullConsumer> NewPullConsumer(PullConsumerOptions options) = 0;
  virtual std::unique_ptr<Responder> NewResponder(ResponderOptions options) = 0;
};

}  // namespace tally::bus
