#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/outbox/event_archive.h"
#include "common/outbox/events_reply.h"
#include "common/outbox/failure_log.h"
#include "common/outbox/lane_reader.h"
#include "common/outbox/lane_store.h"
#include "common/telemetry/telemetry.h"
#include "tally/events/v1/healing.pb.h"

namespace tally::outbox {

struct AnswererOptions {
  std::string source;
  int64_t events_max = 4'000;                         // in one answer
  absl::Duration session_timeout = absl::Seconds(1);  // waiting for a session of the database
  // After this time an answer ends with what it has: consumers wait for no more than two seconds.
  absl::Duration answer_within = absl::Milliseconds(500);
  EventArchive* archive = nullptr;  // makes trimmed events again; without one they stay trimmed
};

// Tells consumers how far the lanes go, and gives them the events that the bus lost, as
// tally/events/v1/healing.proto says. Of all instances of a producer one answers each question.
//
// Every answer is read from this process' database, which is never a standby (db::Database takes
// none), carries its identity, fits into one message, and changes nothing. Events that the relay
// has not published yet are not given away: should the bus refuse one and an operator discard it,
// no consumer may have counted it. Events that retention removed come from the archive; what that
// has not got either is trimmed.
//
//   database away     → the answer is an error, at once
//   bus away          → nothing is asked; goes on by itself
//   event too large for any answer (the server's max_payload was lowered) → left out; the answer
//     has those behind it
//   too many questions→ the oldest are answered, the rest is dropped and asked again
//
// One thread at a time; a step blocks on the database alone.
class Answerer {
 public:
  // `waker` is called by the bus, from any thread, when a question has come.
  Answerer(AnswererOptions options, LaneStore& lanes, bus::Bus& bus, const bus::Waker& waker,
           base::Clock& clock, telemetry::Telemetry& telemetry);

  // Answers a few questions. Returns how long it may rest unless woken.
  absl::Duration Step();

  events::v1::HealLanesReply AnswerLanes(const events::v1::HealLanesRequest& request);
  events::v1::HealEventsReply AnswerEvents(const events::v1::HealEventsRequest& request);

 private:
  template <typename Request, typename Reply>
  bool AnswerSome(bus::Responder& responder, Reply (Answerer::*answer)(const Request&));
  absl::StatusOr<events::v1::HealLanesReply> ListLanes(const events::v1::HealLanesRequest& request);
  absl::StatusOr<events::v1::HealEventsReply> FindEvents(
      const events::v1::HealEventsRequest& request);
  // Adds what became of the range, as much of it as fits.
  absl::Status AddRange(const std::string& lane_id, base::SequenceRange range, EventsReply& reply);
  // Adds the beginning of it; returns where that ends.
  absl::StatusOr<int64_t> AddBeginning(const std::string& lane_id, base::SequenceRange range,
                                       EventsReply& reply);
  absl::StatusOr<std::vector<OutboxEvent>> ReadEvents(const std::string& lane_id,
                                                      base::SequenceRange range, bool trimmed,
                                                      const EventsReply& reply);
  absl::StatusOr<std::optional<LaneStatus>> FindLane(const std::string& lane_id);
  absl::Time Deadline() { return clock_.Now() + options_.session_timeout; }

  const AnswererOptions options_;
  LaneStore& lanes_;
  LaneReader reader_;
  bus::Bus& bus_;
  base::Clock& clock_;
  FailureLog failures_;
  telemetry::Counter& events_total_;
  const std::unique_ptr<bus::Responder> lanes_responder_;
  const std::unique_ptr<bus::Responder> events_responder_;
};

}  // namespace tally::outbox
