#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/step_thread.h"
#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/outbox/answerer.h"
#include "common/outbox/lane_store.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

// The producer "tests": real lanes in a database of its own, and an answerer. The test says what
// reaches the stream, and what the cursor says has reached it. Failures end the test process.
class ProducerUnderTest {
 public:
  explicit ProducerUnderTest(const std::string& nats_url);
  ~ProducerUnderTest();

  // An open lane with events 1 to `events`.
  std::string NewLane(int64_t events);
  void Write(const std::string& lane_id, int64_t events);
  void Close(const std::string& lane_id);
  // Until the stream has stored each.
  void Publish(const std::string& lane_id, int64_t first, int64_t last);
  // From now on the cursor says that all up to here was acknowledged.
  void SayPublished(const std::string& lane_id, int64_t through);
  // Writes events, publishes them all, and says so.
  std::string PublishedLane(int64_t events);

  void Park(const std::string& lane_id, int64_t sequence);
  void GiveUpParked();
  void Trim(const std::string& lane_id, int64_t through);
  void LoseEventsAbove(const std::string& lane_id, int64_t through);
  void LoseLane(const std::string& lane_id);
  void BecomeAnotherDatabase();

  void StopAnswering() { answering_.reset(); }
  void Answer();
  // With no more than the beginning of what it is asked.
  void AnswerInPieces();
  // Events it gave to consumers that asked.
  int64_t events_given();

 private:
  void Change(const db::Statement& statement, const db::Params& params);

  telemetry::Telemetry telemetry_;
  base::SystemClock clock_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<bus::Bus> bus_;
  outbox::LaneStore lanes_;
  std::unique_ptr<outbox::Answerer> answerer_;
  std::unique_ptr<base::StepThread> answering_;
  int64_t copies_ = 0;
};

}  // namespace tally::inbox
