#include "common/outbox/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/relay_test_case.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

class RelayTest : public testing::TestWithParam<testkit::DatabaseKind>, protected RelayTestCase {
 protected:
  void SetUp() override { ASSERT_OK(OpenDatabase(GetParam())); }
  void TearDown() override { relay_.reset(); }  // before its bus
  void StartThroughGate() {
    StartServer();
    gate_.emplace(server_->port());
    bus_ = Connect(server_->url());
    gated_bus_ = Connect(absl::StrCat("nats://127.0.0.1:", gate_->port()));
    MakeRelay(*gated_bus_);
  }

  // Every event of the lane came to the stream, once, in order.
  void ExpectStreamIs(const std::string& lane_id, int64_t events) {
    EXPECT_EQ(StreamMessages(), events);
    const std::vector<bus::Event> stream = ReadStream(static_cast<size_t>(events));
    for (size_t i = 0; i < stream.size(); ++i) {
      ASSERT_EQ(stream[i].Id(), absl::StrCat(lane_id, "/", i + 1));
    }
  }

  std::optional<testkit::TcpGate> gate_;
  std::unique_ptr<bus::Bus> gated_bus_;
};
INSTANTIATE_ON_EVERY_DATABASE(RelayTest);

TEST_P(RelayTest, PublishesALaneInOrderAndRemembersHowFar) {
  Start();
  const std::string lane = OwnLane(100);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 100); }));
  ExpectStreamIs(lane, 100);
  EXPECT_EQ(Counter("tally_relay_published_total"), 100);
  CommitMore(lane, 100, 10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 110); }));
  EXPECT_EQ(StreamMessages(), 110);
}

TEST_P(RelayTest, AnEventArrivesAsItWasAppended) {
  Start();
  const std::string lane = OwnLane(1, std::string("\0\xff", 2));
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 1); }));
  const bus::Event event = ReadStream(1)[0];
  EXPECT_EQ(event.lane_id, lane);
  EXPECT_EQ(event.source, "notes");
  EXPECT_EQ(event.type, "test.v1.Note");
  EXPECT_EQ(event.subject, "notes.1");
  EXPECT_EQ(event.payload, std::string("\0\xff", 2));
  EXPECT_EQ(absl::ToUnixMicros(event.time), 1'700'000'000'000'000);
  EXPECT_EQ(absl::ToUnixMicros(event.record_time), 1'700'000'000'000'001);
  EXPECT_EQ(event.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_P(RelayTest, ClosesAndDrainsTheLanesOfADeadProcess) {
  Start();
  const std::string a = DeadLane(30), b = DeadLane(0), c = DeadLane(20);
  ASSERT_TRUE(StepUntil([&] { return CountLeases() == 0; }));
  EXPECT_TRUE(relay_->Drained());
  EXPECT_EQ(StreamMessages(), 50);
  EXPECT_TRUE(PublishedThrough(a, 30));
  EXPECT_TRUE(PublishedThrough(c, 20));
  EXPECT_THAT(Lanes(), Each(Field(&LaneRow::state, "closed")));
  EXPECT_EQ(Counter("tally_relay_takeovers_total"), 3);
}

TEST_P(RelayTest, GoesOnWhereAnotherPublishedAndTrimmedWhatItWasToSend) {
  Start();
  ASSERT_OK(server_->Stop());
  const std::string lane = DeadLane(10);
  ASSERT_TRUE(StepUntil([&] { return Counter("tally_relay_takeovers_total") == 1; }));
  ASSERT_OK(store_->Advance({{.lane_id = lane, .published_through = 4}}, Soon()));
  ASSERT_OK(Change(sql::kTrim, {{"lane_id", lane}, {"through", 4}}));
  ASSERT_OK(Change(sql::kSetTrimmed, {{"lane_id", lane}, {"through", 4}}));
  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return relay_->Drained(); }));
  EXPECT_TRUE(PublishedThrough(lane, 10));
}

TEST_P(RelayTest, FinishesItsOwnLaneWhenItsWriterHasClosedIt) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_OK_AND_ASSIGN(const int64_t final_sequence, store_->Close(lane, Soon()));
  handover_->Closed(lane, final_sequence);
  EXPECT_FALSE(relay_->Drained());
  ASSERT_TRUE(StepUntil([&] { return relay_->Drained(); }));
  EXPECT_EQ(CountLeases(), 0);
  EXPECT_TRUE(PublishedThrough(lane, 10));
}

TEST_P(RelayTest, KeepsItsLanesWhileTheBusIsAwayAndPublishesThemAfterwards) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  ASSERT_OK(server_->Stop());
  CommitMore(lane, 10, 500);
  ASSERT_TRUE(StepUntil([&] { return Gauge("tally_relay_stalled") == 1; }));
  const absl::Time lease_end = LeaseEnd(lane);
  ASSERT_TRUE(StepUntil([&] { return LeaseEnd(lane) > lease_end + absl::Milliseconds(300); }));
  EXPECT_EQ(Gauge("tally_outbox_lag_events"), 500);
  EXPECT_FALSE(PublishedThrough(lane, 11));

  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 510); }));
  EXPECT_EQ(Gauge("tally_relay_stalled"), 0);
  EXPECT_EQ(Counter("tally_relay_parked_total"), 0);
  ExpectStreamIs(lane, 510);
}

TEST_P(RelayTest, AnHourWithoutTheBusParksNothing) {
  base::ManualClock clock(absl::Now());
  relay_clock_ = &clock;
  Start();
  const std::string lane = OwnLane(10);
  const auto published = [&](int64_t sequence) {
    clock.Advance(absl::Milliseconds(100));
    return PublishedThrough(lane, sequence);
  };
  ASSERT_OK(server_->Stop());
  CommitMore(lane, 10, 500);
  for (const absl::Time end = clock.Now() + absl::Hours(1); clock.Now() < end;) {
    relay_->Step();
    clock.Advance(absl::Seconds(10));
  }
  EXPECT_EQ(Gauge("tally_relay_stalled"), 1);
  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return published(510); }));
  EXPECT_EQ(Counter("tally_relay_parked_total"), 0);
  ExpectStreamIs(lane, 510);
}

TEST_P(RelayTest, KeepsItsLanesWhileTheBusIsFrozen) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  ASSERT_OK(server_->Freeze());
  CommitMore(lane, 10, 3000, std::string(5000, 'x'));
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); }));
  const absl::Time lease_end = LeaseEnd(lane);
  ASSERT_TRUE(StepUntil([&] {
    EXPECT_GT(LeaseEnd(lane), absl::Now());
    return LeaseEnd(lane) > lease_end + absl::Seconds(1);
  }));
  ASSERT_OK(server_->Thaw());
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 3010); }));
  EXPECT_EQ(StreamMessages(), 3010);
}

TEST_P(RelayTest, GoesOnWhenTheServerIsKilledInTheMiddle) {
  options_.publisher.window_messages = 100;
  Start();
  const std::string lane = OwnLane(5000);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 500); }));
  server_->Kill();
  EXPECT_FALSE(PublishedThrough(lane, 5000)) << "too late to prove anything";
  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 5000); }));
  EXPECT_EVENTUALLY(StreamMessages() == 5000, kPatience);
}

TEST_P(RelayTest, RepublishesWhenAcknowledgementsAreLostWithoutAlarm) {
  StartThroughGate();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  gate_->CutWhen(testkit::Direction::kToClient, testkit::TcpGate::Contains("\"seq\""));
  CommitMore(lane, 10, 2000);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 2010); }));
  EXPECT_EQ(gate_->swallowed(), 1);
  EXPECT_GT(telemetry_.metrics.AddCounter("tally_bus_publish_total", "", {{"outcome", "duplicate"}})
                .Value(),
            0);
  EXPECT_EQ(Counter("tally_relay_unexpected_duplicates_total"), 0);
  EXPECT_EQ(StreamMessages(), 2010);
}

TEST_P(RelayTest, DrainsWhatPiledUpWhileTheBusWasAwayWithoutHoldingIt) {
  options_.publisher.window_messages = 1000;
  Start();
  ASSERT_OK(server_->Stop());
  constexpr int64_t kEvents = 20'000, kBatch = 5'000;
  const std::string lane = OwnLane(0);
  for (int64_t head = 0; head < kEvents; head += kBatch) CommitMore(lane, head, kBatch);
  ASSERT_OK(server_->Restart());
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, kEvents); }));
  EXPECT_EQ(StreamMessages(), kEvents);
}

TEST_P(RelayTest, ReadsBackWhatMemoryDidNotHold) {
  Start();
  handover_.emplace(20 * sizeof(OutboxEvent), [this] { wake_up_.Set(); });
  const std::string lane = LaneWithEvents(*store_, 0);
  handover_->Opened(lane);
  for (int64_t head = 0; head < 300; head += 30) {
    db::Transaction transaction = Begin();
    ASSERT_OK(Append(*store_, transaction, lane, head, 30));
    ASSERT_OK(transaction.Commit());
    ASSERT_OK_AND_ASSIGN(auto events,
                         store_->Read(lane, {head + 1, head + 30}, 30, 1 << 20, Soon()));
    handover_->Committed(lane, head + 30, std::move(events));
    if (head % 90 == 0) relay_->Step();
  }
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 300); }));
  ExpectStreamIs(lane, 300);

  std::vector<OutboxEvent> next(20);
  handover_->Committed(lane, 320, next);
  EXPECT_THAT(handover_->Take().at(lane).events, SizeIs(20)) << "memory was not given back";
}

TEST_P(RelayTest, ParksTheEventTheBusRefusesAndGoesOn) {
  Start("max_payload: 65536");
  const std::string lane = OwnLane(5);
  CommitMore(lane, 5, 1, std::string(100'000, 'x'));
  CommitMore(lane, 6, 200);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 206); }));
  EXPECT_EQ(StreamMessages(), 205);
  EXPECT_EQ(Counter("tally_relay_parked_total"), 1);
  EXPECT_EQ(Gauge("tally_relay_stalled"), 0);
  db::Transaction transaction = Begin(db::Mode::kRead);
  ASSERT_OK_AND_ASSIGN(
      const auto parked,
      (transaction.QueryOne<int64_t, std::string, int64_t, db::Bytes>(sql::kFindParked)));
  EXPECT_EQ(std::get<0>(*parked), 6);
  EXPECT_EQ(std::get<2>(*parked), options_.refusals_max);
  EXPECT_THAT(std::get<3>(*parked).data, SizeIs(100'000));
}

TEST_P(RelayTest, AFullStreamParksNothing) {
  Start();
  ASSERT_EVENTUALLY(bus_->Connected(), kPatience);
  ASSERT_OK(bus_->Declare(
      bus::StreamConfig{.name = "NOTES", .subjects = {"notes.>"}, .max_bytes = 100'000}, Soon()));
  const std::string lane = OwnLane(300, std::string(1000, 'x'));
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); }));
  EXPECT_FALSE(PublishedThrough(lane, 300));
  for (int i = 0; i < 10; ++i) relay_->Step();
  ASSERT_TRUE(StepUntil([&] {
    if (relay_->stalled()) Administer("STREAM.PURGE.NOTES");
    return PublishedThrough(lane, 300);
  }));
  EXPECT_EQ(Counter("tally_relay_parked_total"), 0);
}

TEST_P(RelayTest, DeclaresAStreamThatWasLostAgain) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  Administer("STREAM.DELETE.NOTES");
  CommitMore(lane, 10, 10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 20); }));
  EXPECT_EQ(StreamMessages(), 10);
}

// One look finds sixteen of them; the next does not wait until the leases are renewed.
TEST_P(RelayTest, TakesOverManyLanesOneLookAfterTheOther) {
  options_.lanes.renew_every = absl::Minutes(5);
  Start();
  for (int i = 0; i < 40; ++i) DeadLane(1);
  ASSERT_TRUE(StepUntil([&] { return StreamMessages() == 40; }));
}

TEST_P(RelayTest, StopsPublishingALaneWhoseLeaseIsLost) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  ASSERT_OK(store_->Release({lane}, Soon()));
  ASSERT_OK_AND_ASSIGN(const auto taken, NewStore("other").TakeOver(lane, Soon()));
  ASSERT_TRUE(taken.has_value());
  ASSERT_TRUE(StepUntil([&] { return relay_->Drained(); }));
  handover_->Committed(lane, 20, {});
  relay_->Step();
  EXPECT_TRUE(relay_->Drained());
  EXPECT_EQ(StreamMessages(), 10);
}

TEST_P(RelayTest, AlarmsWhenTheStreamHasOtherEventsUnderItsOpenLane) {
  Start();
  const std::string own = OwnLane(2);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(own, 2); }));
  ASSERT_OK(Change(sql::kDeleteEventsFrom, {{"lane_id", own}, {"first", 2}}));
  MakeRelay(*bus_);
  handover_->Opened(own);
  CommitMore(own, 1, 3);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(own, 4); }));
  EXPECT_EQ(Counter("tally_relay_unexpected_duplicates_total"), 1);
}

TEST_P(RelayTest, DuplicatesOfALaneTakenOverAreExpected) {
  Start();
  const std::string lane = OwnLane(20);
  ASSERT_TRUE(StepUntil([&] { return StreamMessages() == 20; }));
  ASSERT_OK(store_->Release({lane}, Soon()));
  MakeRelay(*bus_);
  ASSERT_TRUE(StepUntil([&] { return CountLeases() == 0; }));
  EXPECT_EQ(StreamMessages(), 20);
  EXPECT_EQ(Counter("tally_relay_unexpected_duplicates_total"), 0);
}

TEST_P(RelayTest, GivesItsLeasesUpWhenItStops) {
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_TRUE(StepUntil([&] { return Counter("tally_relay_published_total") == 10; }));
  relay_->Stop(Soon());
  EXPECT_TRUE(PublishedThrough(lane, 10));
  EXPECT_LT(LeaseEnd(lane), absl::Now());
}

}  // namespace
}  // namespace tally::outbox
