#include "tests/integration/inbox/producer_under_test.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/wake_up.h"
#include "common/bus/event.h"
#include "common/bus/nats_bus.h"
#include "common/outbox/outbox.h"
#include "tests/integration/inbox/producer_sql.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/die.h"
#include "tests/testkit/eventually.h"

namespace tally::inbox {
namespace {

using testkit::kPatience;

void Require(const absl::Status& status) {
  if (!status.ok()) testkit::Die(status.ToString());
}

absl::Time Soon() { return absl::Now() + absl::Seconds(10); }

std::unique_ptr<db::Database> Open(base::Clock& clock, telemetry::Telemetry& telemetry) {
  auto database =
      db::Database::Open({.url = testkit::SqliteKind().MakeUrl().value()}, clock, telemetry);
  Require(database.status());
  Require(outbox::Outbox::Migrate(**database));
  return *std::move(database);
}

std::unique_ptr<bus::Bus> Connect(const std::string& url, telemetry::Telemetry& telemetry) {
  auto bus = bus::NewNatsBus(
      {.urls = {url}, .name = "producer", .reconnect_wait = absl::Milliseconds(50)}, telemetry);
  Require(bus.status());
  return *std::move(bus);
}

}  // namespace

ProducerUnderTest::ProducerUnderTest(const std::string& nats_url)
    : telemetry_(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "producer"),
      database_(Open(clock_, telemetry_)),
      bus_(Connect(nats_url, telemetry_)),
      lanes_({.stream = "TESTS", .holder = "test"}, *database_),
      answerer_(std::make_unique<outbox::Answerer>(outbox::AnswererOptions{.source = "tests"},
                                                   lanes_, *bus_, nullptr, clock_, telemetry_)) {
  Answer();
}

ProducerUnderTest::~ProducerUnderTest() = default;

void ProducerUnderTest::Answer() {
  answering_ = std::make_unique<base::StepThread>(
      "answerer", [this] { return std::min(answerer_->Step(), absl::Milliseconds(5)); });
}

void ProducerUnderTest::AnswerInPieces() {
  answering_.reset();
  answerer_ = std::make_unique<outbox::Answerer>(
      outbox::AnswererOptions{.source = "tests", .answer_within = absl::ZeroDuration()}, lanes_,
      *bus_, nullptr, clock_, telemetry_);
  // A round trip, after which no question comes to the one before.
  Require(bus_->GetStreamState("TESTS", Soon()).status());
  Answer();
}

std::string ProducerUnderTest::NewLane(int64_t events) {
  const absl::StatusOr<std::string> lane_id = lanes_.Open(Soon());
  Require(lane_id.status());
  Write(*lane_id, events);
  return *lane_id;
}

void ProducerUnderTest::Write(const std::string& lane_id, int64_t events) {
  const absl::StatusOr<outbox::LaneStatus> lane = lanes_.Find(lane_id, Soon());
  Require(lane.status());
  Require(database_->Run(db::Mode::kWrite, Soon(), [&](db::Transaction& transaction) {
    RETURN_IF_ERROR(outbox::LaneStore::Fence(transaction, lane_id, lane->head));
    outbox::LaneAppender appender(lane_id, lane->head, absl::Now());
    for (int64_t i = 0; i < events; ++i) {
      appender.Append(
          {.subject = "tests.v1.counted", .type = "counted", .payload = "1", .time = absl::Now()});
    }
    return lanes_.Append(transaction, appender);
  }));
}

void ProducerUnderTest::Close(const std::string& lane_id) {
  Require(lanes_.Close(lane_id, Soon()).status());
}

void ProducerUnderTest::Publish(const std::string& lane_id, int64_t first, int64_t last) {
  const auto events = lanes_.Read(lane_id, {first, last}, last - first + 1, 64 << 20, Soon());
  Require(events.status());
  base::WakeUp wake_up;
  const auto publisher = bus_->NewPublisher({.waker = [&] { wake_up.Set(); }});
  std::map<uint64_t, bool> open;
  for (size_t i = 0; i < events->size(); ++i) open[i] = false;
  const absl::Time deadline = absl::Now() + kPatience;
  while (!open.empty()) {
    if (absl::Now() > deadline) testkit::Die("the stream takes nothing");
    for (auto& [index, sent] : open) {
      if (sent) continue;
      const outbox::OutboxEvent& event = (*events)[index];
      const bus::Message message = bus::ToMessage(bus::Event{.lane_id = lane_id,
                                                             .sequence = event.sequence,
                                                             .source = "tests",
                                                             .type = event.type,
                                                             .subject = event.subject,
                                                             .time = event.time,
                                                             .record_time = event.record_time,
                                                             .traceparent = event.traceparent,
                                                             .payload = event.payload});
      sent = publisher->Publish(index, message, absl::StrCat(lane_id, "/", ++copies_)).ok();
      if (!sent) break;
    }
    publisher->Flush();
    wake_up.WaitFor(absl::Milliseconds(100));
    for (const bus::PublishResult& result : publisher->TakeResults()) {
      if (result.outcome == bus::PublishOutcome::kUnavailable) {
        open[result.token] = false;
      } else {
        open.erase(result.token);
      }
    }
  }
}

void ProducerUnderTest::SayPublished(const std::string& lane_id, int64_t through) {
  const outbox::LaneStore::Progress progress = {.lane_id = lane_id, .published_through = through};
  Require(lanes_.Advance({progress}, Soon()));
}

std::string ProducerUnderTest::PublishedLane(int64_t events) {
  std::string lane_id = NewLane(events);
  Publish(lane_id, 1, events);
  SayPublished(lane_id, events);
  return lane_id;
}

void ProducerUnderTest::Park(const std::string& lane_id, int64_t sequence) {
  Require(lanes_.Park(lane_id, sequence, {.error = "too large", .attempts = 3}, sequence, Soon()));
}

void ProducerUnderTest::GiveUpParked() { Change(producer::sql::kGiveUpParked, {}); }

void ProducerUnderTest::Trim(const std::string& lane_id, int64_t through) {
  Change(producer::sql::kTrimEvents, {{"lane_id", lane_id}, {"through", through}});
  Change(producer::sql::kSetTrimmed, {{"lane_id", lane_id}, {"through", through}});
}

void ProducerUnderTest::LoseEventsAbove(const std::string& lane_id, int64_t through) {
  Change(producer::sql::kLoseEventsAbove, {{"lane_id", lane_id}, {"through", through}});
  Change(producer::sql::kSetPublished, {{"lane_id", lane_id}, {"through", through}});
}

void ProducerUnderTest::LoseLane(const std::string& lane_id) {
  Change(producer::sql::kLoseLane, {{"lane_id", lane_id}});
}

void ProducerUnderTest::BecomeAnotherDatabase() { Change(producer::sql::kChangeIdentity, {}); }

int64_t ProducerUnderTest::events_given() {
  return static_cast<int64_t>(
      telemetry_.metrics.AddCounter("tally_outbox_healing_events_total", "").Value());
}

void ProducerUnderTest::Change(const db::Statement& statement, const db::Params& params) {
  Require(database_->Run(db::Mode::kWrite, Soon(), [&](db::Transaction& transaction) {
    return transaction.Execute(statement, params).status();
  }));
}

}  // namespace tally::inbox
