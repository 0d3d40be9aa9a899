#include "common/outbox/trimmer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/bus/nats_bus.h"
#include "common/outbox/outbox.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/note_handler.h"
#include "tests/integration/outbox/outbox_test_case.h"
#include "tests/testkit/nats_server.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;
using testing::ElementsAre;
using testing::IsEmpty;
using testkit::IsOkAndHolds;

class TrimmerTest : public testing::TestWithParam<testkit::DatabaseKind>, protected OutboxTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    us_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "us"}, *database_);
  }

  Trimmer NewTrimmer(int64_t rows_max = 1000, absl::Duration retention = absl::Hours(168)) {
    return Trimmer({.retention = retention, .rows_max = rows_max}, *database_, telemetry_);
  }
  // Events as old as those of OutboxTestCase, or of now.
  std::string PublishedLane(int64_t events, int64_t through) {
    std::string lane = LaneWithEvents(*us_, events);
    Publish(lane, through);
    return lane;
  }
  void Publish(const std::string& lane, int64_t through) {
    EXPECT_OK(us_->Advance({{.lane_id = lane, .published_through = through}}, Soon()));
  }
  void AppendYoung(const std::string& lane, int64_t head, int64_t events) {
    db::Transaction transaction = Begin();
    ASSERT_OK(LaneStore::Fence(transaction, lane, head));
    LaneAppender appender(lane, head, absl::Now());
    for (int64_t i = 0; i < events; ++i) {
      appender.Append({.subject = "notes.young",
                       .type = "test.v1.Note",
                       .payload = "young",
                       .time = absl::Now(),
                       .traceparent = ""});
    }
    ASSERT_OK(us_->Append(transaction, appender));
    ASSERT_OK(transaction.Commit());
  }
  int64_t TrimmedThrough(const std::string& lane) {
    const auto status = us_->Find(lane, Soon());
    EXPECT_OK(status);
    return status.ok() ? status->trimmed_through : -1;
  }
  std::vector<int64_t> Left(const std::string& lane) {
    std::vector<int64_t> sequences;
    const auto events = us_->Read(lane, {1, 1 << 20}, 1 << 20, 1 << 30, Soon());
    EXPECT_OK(events);
    for (const OutboxEvent& event : *events) sequences.push_back(event.sequence);
    return sequences;
  }
  // Sweeps until nothing is left to trim; returns how often that was.
  int SweepAll(Trimmer& trimmer) {
    for (int sweeps = 1;; ++sweeps) {
      const absl::StatusOr<bool> more = trimmer.Sweep();
      EXPECT_OK(more);
      if (!more.ok() || !*more) return sweeps;
    }
  }

  std::optional<LaneStore> us_;
};
INSTANTIATE_ON_EVERY_DATABASE(TrimmerTest);

TEST_P(TrimmerTest, RemovesWhatIsPublishedAndOldEnoughAndTellsSo) {
  const std::string lane = PublishedLane(10, 7);
  Trimmer trimmer = NewTrimmer();
  SweepAll(trimmer);
  EXPECT_THAT(Left(lane), ElementsAre(8, 9, 10)) << "never above the cursor";
  EXPECT_EQ(TrimmedThrough(lane), 7);
  EXPECT_EQ(Counter("tally_outbox_trimmed_total"), 7);
  EXPECT_GT(Gauge("tally_outbox_oldest_event_seconds"), 168 * 3600);
}

TEST_P(TrimmerTest, StopsAtTheFirstEventThatIsTooYoung) {
  const std::string lane = PublishedLane(4, 4);
  AppendYoung(lane, 4, 3);
  Publish(lane, 7);
  Trimmer trimmer = NewTrimmer();
  SweepAll(trimmer);
  EXPECT_THAT(Left(lane), ElementsAre(5, 6, 7));
  EXPECT_EQ(TrimmedThrough(lane), 4);
  SweepAll(trimmer);
  EXPECT_LT(Gauge("tally_outbox_oldest_event_seconds"), 3600);
}

// The cursor is above the rows when the database went back in time under a relay. The head must go
// on telling where the rows end, or consumers would not see what was lost.
TEST_P(TrimmerTest, GoesNoHigherThanTheRowsThatAreThere) {
  const std::string lane = PublishedLane(3, 5);
  Trimmer trimmer = NewTrimmer();
  SweepAll(trimmer);
  EXPECT_THAT(Left(lane), IsEmpty());
  EXPECT_EQ(TrimmedThrough(lane), 3);
  ASSERT_OK_AND_ASSIGN(const LaneStatus status, us_->Find(lane, Soon()));
  EXPECT_EQ(status.head, 3);
}

TEST_P(TrimmerTest, GoesInStepsThatBeginWhereTheLastOneEnded) {
  const std::string a = PublishedLane(25, 25), b = PublishedLane(5, 5);
  Trimmer trimmer = NewTrimmer(10);
  EXPECT_THAT(trimmer.Sweep(), IsOkAndHolds(true));
  EXPECT_EQ(TrimmedThrough(a), 10);
  EXPECT_EQ(Left(a).size(), 15u);
  EXPECT_EQ(Left(b).size(), 5u);
  EXPECT_EQ(SweepAll(trimmer), 3);
  EXPECT_EQ(CountEvents(), 0);
  EXPECT_EQ(TrimmedThrough(b), 5);
}

TEST_P(TrimmerTest, AWhollyTrimmedLaneKeepsItsRowAndItsHead) {
  const std::string lane = PublishedLane(5, 5);
  Trimmer trimmer = NewTrimmer();
  SweepAll(trimmer);
  EXPECT_THAT(us_->Close(lane, Soon()), IsOkAndHolds(5));
  SweepAll(trimmer);
  ASSERT_OK_AND_ASSIGN(const LaneStatus status, us_->Find(lane, Soon()));
  EXPECT_EQ(status.head, 5);
  EXPECT_FALSE(status.open);
}

TEST_P(TrimmerTest, PassesParkedEventsWhichStay) {
  const std::string lane = PublishedLane(5, 2);
  ASSERT_OK(us_->Park(lane, 3, {.error = "too large", .attempts = 3}, 3, Soon()));
  Publish(lane, 5);
  Trimmer trimmer = NewTrimmer();
  SweepAll(trimmer);
  EXPECT_THAT(Left(lane), IsEmpty());
  EXPECT_EQ(TrimmedThrough(lane), 5);
  EXPECT_EQ(QueryInt(sql::kCountParked), 1);
}

TEST_P(TrimmerTest, KeepsEverythingForEverIfTold) {
  PublishedLane(5, 5);
  Trimmer trimmer = NewTrimmer(1000, absl::ZeroDuration());
  SweepAll(trimmer);
  EXPECT_EQ(CountEvents(), 5);
}

// Two instances trim while writers write and a relay publishes: every lane ends without a hole, and
// nothing is trimmed that is not published.
TEST_P(TrimmerTest, TwoInstancesTrimWhileWritersWrite) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::NatsServer::Start());
  const auto bus = bus::NewNatsBus({.urls = {server->url()}, .name = "test"}, telemetry_).value();
  NoteHandler handler;
  OutboxOptions options{.source = "notes",
                        .stream = {.name = "NOTES", .subjects = {"notes.>"}},
                        .writers = 2,
                        .trimmer = {.retention = absl::Microseconds(1), .rows_max = 7}};
  Outbox outbox(options, *database_, *bus, handler, clock_, telemetry_);
  outbox.Start();
  std::atomic<bool> stop = false;
  std::vector<std::thread> trimmers;
  for (int i = 0; i < 2; ++i) {
    trimmers.emplace_back([&] {
      Trimmer trimmer = NewTrimmer(5, absl::Microseconds(1));
      while (!stop) EXPECT_OK(trimmer.Sweep());
    });
  }
  constexpr int kNotes = 600;
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < kNotes; ++i) {
    answers.push_back(std::make_shared<Answer>());
    std::unique_ptr<Command> command = std::make_unique<NoteCommand>(
        NoteCommand::Content{.key = absl::StrCat("notes.", i)}, answers.back());
    ASSERT_OK(outbox.Submit(command));
    if (i % 50 == 0) {
      EXPECT_OK(answers.back()->status());
    }
  }
  for (const auto& answer : answers) EXPECT_OK(answer->status());
  EXPECT_EVENTUALLY(CountEvents() == 0, kPatience);
  stop = true;
  for (std::thread& trimmer : trimmers) trimmer.join();
  outbox.Shutdown(Soon());
  EXPECT_EQ(CountNotes(), kNotes);
  EXPECT_EQ(bus->GetStreamState("NOTES", Soon())->messages > 0, true);
  int64_t events = 0;
  for (const LaneRow& lane : Lanes()) {
    EXPECT_EQ(TrimmedThrough(lane.lane_id), lane.final_sequence.value_or(-1));
    events += lane.final_sequence.value_or(0);
  }
  EXPECT_EQ(events, kNotes);
}

}  // namespace
}  // namespace tally::outbox
