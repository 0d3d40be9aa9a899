// Parked events: published again when asked for, or discarded.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/outbox/parked_store.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/relay_test_case.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testkit::StatusIs;

const std::string kTooLarge(100'000, 'x');

class ParkedTest : public testing::TestWithParam<testkit::DatabaseKind>, protected RelayTestCase {
 protected:
  void SetUp() override { ASSERT_OK(OpenDatabase(GetParam())); }
  void TearDown() override { relay_.reset(); }  // before its bus

  // A server that takes small messages only, a lane of ten events, and its third event parked.
  void StartWithAParkedEvent() {
    StartServer("max_payload: 65536");
    bus_ = Connect(server_->url());
    MakeRelay(*bus_);
    lane_ = OwnLane(2);
    CommitMore(lane_, 2, 1, kTooLarge);
    CommitMore(lane_, 3, 7);
    ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane_, 10); }));
    ASSERT_THAT(Parked(), SizeIs(1));
  }
  void LetLargeMessagesIn() {
    ASSERT_OK(server_->Restart("max_payload: 1048576"));
    ASSERT_TRUE(StepUntil([&] { return bus_->Connected() && !relay_->stalled(); }));
  }

  std::vector<ParkedEvent> Parked() {
    auto parked = parked_->List({}, std::nullopt, /*with_payload=*/true, 100, 1 << 20, Soon());
    EXPECT_OK(parked);
    return parked.value_or(ParkedStore::Page()).events;
  }
  EventKey Third() const { return {lane_, 3}; }
  absl::StatusOr<int64_t> Retry() {
    return parked_->Retry({Third()}, options_.refusals_max, Soon());
  }
  absl::StatusOr<int64_t> Discard() { return parked_->Discard({Third()}, "why", "who", Soon()); }

  std::string lane_;
};
INSTANTIATE_ON_EVERY_DATABASE(ParkedTest);

TEST_P(ParkedTest, IsPublishedUnderItsIdWhenTheBusTakesIt) {
  StartWithAParkedEvent();
  LetLargeMessagesIn();
  ASSERT_OK(Retry());
  ASSERT_OK(Retry()) << "a second time while it is under way";
  ASSERT_TRUE(StepUntil([&] { return Parked().empty(); }));
  EXPECT_EQ(StreamMessages(), 10);
  const bus::Event last = ReadStream(10).back();
  EXPECT_EQ(last.Id(), absl::StrCat(lane_, "/3"));
  EXPECT_EQ(last.payload, kTooLarge);
  EXPECT_EQ(last.subject, "notes.3");
  EXPECT_EQ(absl::ToUnixMicros(last.record_time), 1'700'000'000'000'001);
  EXPECT_THAT(Retry(), StatusIs(absl::StatusCode::kNotFound, HasSubstr(lane_ + "/3")));
}

TEST_P(ParkedTest, NobodyHasToAskForWhatIsRefusedAgain) {
  StartWithAParkedEvent();
  ASSERT_OK(Retry());
  ASSERT_TRUE(StepUntil([&] { return Parked()[0].attempts == 2 * options_.refusals_max; }));
  for (int i = 0; i < 10; ++i) relay_->Step();
  ASSERT_OK_AND_ASSIGN(const bool due, parked_->AnyDue(Soon()));
  EXPECT_FALSE(due) << "it is tried for ever";
  EXPECT_EQ(Parked()[0].attempts, 2 * options_.refusals_max);
  EXPECT_FALSE(Parked()[0].outcome_unknown);
  EXPECT_THAT(Parked()[0].error, testing::Not(IsEmpty()));
}

TEST_P(ParkedTest, IsPublishedByWhoeverIsThereLongAfterItsLaneWasTrimmed) {
  StartWithAParkedEvent();
  ASSERT_OK(store_->Close(lane_, Soon()).status());
  handover_->Closed(lane_, 10);
  ASSERT_TRUE(StepUntil([&] { return relay_->Drained(); }));
  ASSERT_OK(Change(sql::kTrim, {{"lane_id", lane_}, {"through", 10}}));
  ASSERT_OK(Change(sql::kSetTrimmed, {{"lane_id", lane_}, {"through", 10}}));
  LetLargeMessagesIn();
  MakeRelay(*bus_);
  ASSERT_OK(Retry());
  ASSERT_TRUE(StepUntil([&] { return Parked().empty(); }));
  EXPECT_EQ(StreamMessages(), 10);
}

TEST_P(ParkedTest, CanBePublishedButNeverDiscardedOnceTheStreamMayHaveIt) {
  StartWithAParkedEvent();
  ASSERT_OK_AND_ASSIGN(const auto claimed, parked_->ClaimDue(absl::Seconds(1), Soon()));
  EXPECT_FALSE(claimed.has_value()) << "nobody asked for it";
  ASSERT_OK(Retry());
  ASSERT_OK_AND_ASSIGN(const auto first, parked_->ClaimDue(absl::ZeroDuration(), Soon()));
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(Discard(), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_OK_AND_ASSIGN(const auto second, parked_->ClaimDue(absl::Hours(1), Soon()));
  ASSERT_TRUE(second.has_value()) << "the first one's process died";
  ASSERT_OK(parked_->Refused(Third(), "too large", absl::ZeroDuration(), Soon()));
  EXPECT_TRUE(Parked()[0].outcome_unknown);
  EXPECT_THAT(Discard(), StatusIs(absl::StatusCode::kFailedPrecondition));
  LetLargeMessagesIn();
  ASSERT_TRUE(StepUntil([&] { return Parked().empty(); }));
}

TEST_P(ParkedTest, TheStreamMayHaveWhatWasSentAndNotAnswered) {
  StartWithAParkedEvent();
  LetLargeMessagesIn();
  ASSERT_OK(server_->Freeze());
  ASSERT_OK(Retry());
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); }));
  EXPECT_TRUE(Parked()[0].outcome_unknown);
  EXPECT_EQ(Parked()[0].attempts, options_.refusals_max) << "an outage counted";
  ASSERT_OK(server_->Thaw());
  ASSERT_TRUE(StepUntil([&] { return Parked().empty(); }));
  EXPECT_EVENTUALLY(StreamMessages() == 10, kPatience);
}

TEST_P(ParkedTest, AFullStreamDoesNotHaveIt) {
  StartWithAParkedEvent();
  Administer("STREAM.DELETE.NOTES");
  ASSERT_OK(bus_->Declare(
      bus::StreamConfig{.name = "NOTES", .subjects = {"notes.>"}, .max_bytes = 20'000}, Soon()));
  LetLargeMessagesIn();
  ASSERT_OK(Retry());
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); }));
  EXPECT_EQ(Parked()[0].attempts, options_.refusals_max);
  EXPECT_THAT(relay_->GetCondition().stalled_by, HasSubstr("maximum bytes exceeded"));
  ASSERT_TRUE(StepUntil([&] { return !Parked()[0].outcome_unknown; })) << "the answer is definite";
  EXPECT_THAT(Discard(), testkit::IsOkAndHolds(1));
}

TEST_P(ParkedTest, IsDiscardedForEverWithItsReason) {
  StartWithAParkedEvent();
  EXPECT_THAT(Discard(), testkit::IsOkAndHolds(1));
  EXPECT_THAT(Discard(), testkit::IsOkAndHolds(0));
  EXPECT_THAT(Retry(), StatusIs(absl::StatusCode::kFailedPrecondition));
  const ParkedEvent discarded = Parked()[0];
  EXPECT_TRUE(discarded.discarded);
  EXPECT_EQ(discarded.reason, "why");
  EXPECT_EQ(discarded.discarded_by, "who");
}

TEST_P(ParkedTest, ChangesAllOrNone) {
  StartWithAParkedEvent();
  const EventKey other = {lane_, 4};
  EXPECT_THAT(parked_->Retry({Third(), other}, 3, Soon()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(lane_ + "/4")));
  EXPECT_THAT(parked_->AnyDue(Soon()), testkit::IsOkAndHolds(false));
  EXPECT_THAT(parked_->Discard({other, Third()}, "why", "", Soon()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(Parked()[0].discarded);
}

TEST_P(ParkedTest, WhatAnotherProcessMayHaveSentIsOfUnknownOutcome) {
  StartServer("max_payload: 65536");
  bus_ = Connect(server_->url());
  MakeRelay(*bus_);
  LaneStore dead = NewStore("dead", -absl::Seconds(1));
  const std::string lane = LaneWithEvents(dead, 0);
  db::Transaction transaction = Begin();
  ASSERT_OK(Append(dead, transaction, lane, 0, 1, kTooLarge));
  ASSERT_OK(transaction.Commit());
  ASSERT_TRUE(StepUntil([&] { return !Parked().empty(); }));
  EXPECT_TRUE(Parked()[0].outcome_unknown);
}

TEST_P(ParkedTest, NobodyParksWhatAnotherMayHavePublished) {
  StartServer();
  bus_ = Connect(server_->url());
  MakeRelay(*bus_);
  lane_ = OwnLane(5);
  ASSERT_OK(store_->Release({lane_}, Soon()));
  ASSERT_OK_AND_ASSIGN(const auto taken, NewStore("other").TakeOver(lane_, Soon()));
  ASSERT_TRUE(taken.has_value());
  EXPECT_THAT(store_->Park(lane_, 1, {.error = "too large", .attempts = 3}, 1, Soon()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Parked(), IsEmpty());
  EXPECT_FALSE(PublishedThrough(lane_, 1));
}

// Parked and discarded above the cursor, it would be sent again by whoever takes the lane over:
// some consumers would have it, and others would be told that it is void.
TEST_P(ParkedTest, AnEventIsParkedOnlyAsTheCursorPassesIt) {
  StartServer(R"(max_payload: 65536
    accounts { A { jetstream: enabled, users: [
      { user: may, password: p },
      { user: maynot, password: p, permissions: { publish: { deny: "notes.1" } } } ] } })");
  const std::string port = absl::StrCat(server_->port());
  bus_ = Connect("nats://may:p@127.0.0.1:" + port);
  std::unique_ptr<bus::Bus> refused = Connect("nats://maynot:p@127.0.0.1:" + port);
  options_.publisher.ack_timeout = absl::Milliseconds(200);
  options_.refusals_max = 1;
  MakeRelay(*refused);
  lane_ = OwnLane(1);
  CommitMore(lane_, 1, 1, kTooLarge);
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); })) << "the first is never acknowledged";
  for (int i = 0; i < 10; ++i) relay_->Step();
  EXPECT_THAT(Parked(), IsEmpty());

  relay_->Stop(Soon());
  relay_.reset();
  MakeRelay(*bus_);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane_, 2); }));
  EXPECT_THAT(Parked(), SizeIs(1));
  relay_.reset();
}

TEST_P(ParkedTest, APermissionThatIsMissingParksNothing) {
  StartServer(R"(accounts { A { jetstream: enabled, users: [
      { user: may, password: p },
      { user: maynot, password: p, permissions: { publish: { deny: "notes.>" } } } ] } })");
  const std::string port = absl::StrCat(server_->port());
  bus_ = Connect("nats://may:p@127.0.0.1:" + port);
  std::unique_ptr<bus::Bus> refused = Connect("nats://maynot:p@127.0.0.1:" + port);
  options_.publisher.ack_timeout = absl::Milliseconds(200);
  MakeRelay(*refused);
  lane_ = OwnLane(5);
  ASSERT_TRUE(StepUntil([&] { return relay_->stalled(); }));
  const absl::Time lease_end = LeaseEnd(lane_);
  ASSERT_TRUE(StepUntil([&] { return LeaseEnd(lane_) > lease_end + absl::Milliseconds(300); }));
  EXPECT_THAT(Parked(), IsEmpty());
  EXPECT_FALSE(PublishedThrough(lane_, 1));

  relay_->Stop(Soon());
  relay_.reset();
  MakeRelay(*bus_);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane_, 5); }));
  EXPECT_THAT(Parked(), IsEmpty());
  relay_.reset();
}

TEST_P(ParkedTest, IsListedFromThePlaceBehindThePageBefore) {
  StartServer("max_payload: 65536");
  bus_ = Connect(server_->url());
  MakeRelay(*bus_);
  lane_ = OwnLane(5, kTooLarge);
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane_, 5); }));
  std::set<int64_t> seen;
  ParkedStore::Page page;
  do {
    ASSERT_OK_AND_ASSIGN(page, parked_->List({}, page.next, false, 2, 1, Soon()));
    for (const ParkedEvent& event : page.events) {
      EXPECT_TRUE(seen.insert(event.event.sequence).second);
      EXPECT_EQ(event.payload_bytes, 100'000);
      EXPECT_THAT(event.event.payload, IsEmpty());
    }
  } while (page.next.has_value());
  EXPECT_THAT(seen, SizeIs(5));
  ASSERT_OK_AND_ASSIGN(page, parked_->List({}, std::nullopt, true, 100, 1, Soon()));
  EXPECT_THAT(page.events, SizeIs(1)) << "payloads are bounded, and there is one at least";
  EXPECT_TRUE(page.next.has_value());
  for (const auto& [filter, count] : std::vector<std::pair<ParkedStore::Filter, size_t>>{
           {{.discarded = false}, 5},
           {{.discarded = true}, 0},
           {{.lane_id = lane_}, 5},
           {{.lane_id = "00000000-0000-0000-0000-000000000000"}, 0},
           {{.type = "test.v1.Note"}, 5},
           {{.type = "test.v1.N"}, 0}}) {
    ASSERT_OK_AND_ASSIGN(page, parked_->List(filter, std::nullopt, false, 100, 1, Soon()));
    EXPECT_THAT(page.events, SizeIs(count));
  }
}

}  // namespace
}  // namespace tally::outbox
