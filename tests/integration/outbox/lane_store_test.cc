#include "common/outbox/lane_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status_macros.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/outbox_test_case.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

constexpr char kNowhere[] = "01890000-0000-7000-8000-000000000000";

class LaneStoreTest : public testing::TestWithParam<testkit::DatabaseKind>,
                      protected OutboxTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    us_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "us"}, *database_);
  }

  absl::Status Fence(const std::string& lane_id, int64_t head) {
    db::Transaction transaction = Begin();
    RETURN_IF_ERROR(LaneStore::Fence(transaction, lane_id, head));
    return transaction.Commit();
  }
  std::vector<int64_t> Sequences(const absl::StatusOr<std::vector<OutboxEvent>>& events) {
    std::vector<int64_t> sequences;
    EXPECT_OK(events);
    for (const OutboxEvent& event : *events) sequences.push_back(event.sequence);
    return sequences;
  }
  LaneStatus Find(const std::string& lane_id) {
    const auto status = us_->Find(lane_id, Soon());
    EXPECT_OK(status);
    return status.value_or(LaneStatus());
  }

  std::optional<LaneStore> us_;
};
INSTANTIATE_ON_EVERY_DATABASE(LaneStoreTest);

TEST_P(LaneStoreTest, ANewLaneIsOpenEmptyAndLeased) {
  ASSERT_OK_AND_ASSIGN(const std::string lane, us_->Open(Soon()));
  const LaneStatus status = Find(lane);
  EXPECT_TRUE(status.open);
  EXPECT_EQ(status.head, 0);
  EXPECT_EQ(status.published_through, 0);
  EXPECT_GT(LeaseEnd(lane), absl::Now() + absl::Seconds(1));
  EXPECT_OK(Fence(lane, 0));
}

TEST_P(LaneStoreTest, FenceRefusesALaneThatIsClosedGoneOrNotWhereItsWriterLeftIt) {
  const std::string lane = LaneWithEvents(*us_, 5);
  EXPECT_OK(Fence(lane, 5));
  EXPECT_TRUE(LaneStore::FenceFailed(Fence(lane, 4)));
  EXPECT_TRUE(LaneStore::FenceFailed(Fence(lane, 6)));
  EXPECT_TRUE(LaneStore::FenceFailed(Fence(kNowhere, 0)));
  ASSERT_OK(us_->Close(lane, Soon()));
  EXPECT_TRUE(LaneStore::FenceFailed(Fence(lane, 5)));
  EXPECT_FALSE(LaneStore::FenceFailed(absl::OkStatus()));
}

TEST_P(LaneStoreTest, NothingIsWrittenBehindAFenceThatFailed) {
  const std::string lane = LaneWithEvents(*us_, 5);
  ASSERT_OK(us_->Close(lane, Soon()));
  db::Transaction transaction = Begin();
  const absl::Status appended = Append(*us_, transaction, lane, 5, 1);
  EXPECT_TRUE(LaneStore::FenceFailed(appended)) << appended;
  transaction.Commit().IgnoreError();
  EXPECT_EQ(CountEvents(), 5);
}

TEST_P(LaneStoreTest, ClosingIsForEverAndMayBeRepeated) {
  const std::string lane = LaneWithEvents(*us_, 5);
  EXPECT_THAT(us_->Close(lane, Soon()), IsOkAndHolds(5));
  EXPECT_THAT(NewStore("them").Close(lane, Soon()), IsOkAndHolds(5));
  EXPECT_FALSE(Find(lane).open);
  EXPECT_EQ(Find(lane).head, 5);
  EXPECT_THAT(us_->Close(LaneWithEvents(*us_, 0), Soon()), IsOkAndHolds(0));
  EXPECT_THAT(us_->Close(kNowhere, Soon()), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(LaneStoreTest, ATrimmedLaneClosesWhereItsEventsEnded) {
  const std::string lane = LaneWithEvents(*us_, 5);
  ASSERT_OK(Change(sql::kTrim, {{"lane_id", lane}, {"through", 5}}));
  ASSERT_OK(Change(sql::kSetTrimmed, {{"lane_id", lane}, {"through", 5}}));
  EXPECT_EQ(QueryInt(sql::kHeadByMaxAlone, {{"lane_id", lane}}), 0) << "the trap";
  EXPECT_OK(Fence(lane, 5));
  EXPECT_THAT(us_->Close(lane, Soon()), IsOkAndHolds(5));
}

TEST_P(LaneStoreTest, ReadsEventsAsTheyWereAppended) {
  const std::string payload("\0\xff'\n", 4);
  ASSERT_OK_AND_ASSIGN(const std::string lane, us_->Open(Soon()));
  db::Transaction transaction = Begin();
  ASSERT_OK(Append(*us_, transaction, lane, 0, 2, payload));
  ASSERT_OK(transaction.Commit());
  ASSERT_OK_AND_ASSIGN(const auto events, us_->Read(lane, {2, 2}, 10, 1000, Soon()));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].sequence, 2);
  EXPECT_EQ(events[0].subject, "notes.2");
  EXPECT_EQ(events[0].type, "test.v1.Note");
  EXPECT_EQ(events[0].payload, payload);
  EXPECT_EQ(absl::ToUnixMicros(events[0].time), 1'700'000'000'000'000);
  EXPECT_EQ(absl::ToUnixMicros(events[0].record_time), 1'700'000'000'000'001);
  EXPECT_EQ(events[0].traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_P(LaneStoreTest, ReadsNoMoreThanFitsIntoItsLimits) {
  const std::string lane = LaneWithEvents(*us_, 10);
  LaneWithEvents(*us_, 10);
  const auto read = [&](base::SequenceRange range, int64_t events_max, int64_t bytes_max) {
    return Sequences(us_->Read(lane, range, events_max, bytes_max, Soon()));
  };
  const int64_t each = sizeof("payload") - 1;
  EXPECT_THAT(read({3, 5}, 100, 1000), ElementsAre(3, 4, 5));
  EXPECT_THAT(read({3, 9}, 2, 1000), ElementsAre(3, 4));
  EXPECT_THAT(read({3, 9}, 100, 1), ElementsAre(3)) << "at least one";
  EXPECT_THAT(read({3, 9}, 100, 2 * each), ElementsAre(3, 4));
  EXPECT_THAT(read({3, 9}, 100, 2 * each + 1), ElementsAre(3, 4, 5));
  EXPECT_THAT(read({11, 20}, 100, 1000), IsEmpty());
}

TEST_P(LaneStoreTest, OnlyAnExpiredLeaseIsTakenOver) {
  const std::string lane = LaneWithEvents(*us_, 3);
  LaneStore them = NewStore("them");
  EXPECT_THAT(them.ListExpired(10, Soon()), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(them.TakeOver(lane, Soon()), IsOkAndHolds(testing::Eq(std::nullopt)));
  EXPECT_OK(Fence(lane, 3));

  ASSERT_OK(us_->Release({lane}, Soon()));
  EXPECT_THAT(them.ListExpired(10, Soon()), IsOkAndHolds(ElementsAre(lane)));
  ASSERT_OK_AND_ASSIGN(const auto taken, them.TakeOver(lane, Soon()));
  ASSERT_TRUE(taken.has_value());
  EXPECT_FALSE(taken->open);
  EXPECT_EQ(taken->head, 3);
  EXPECT_THAT(us_->Renew({lane}, Soon()), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(them.Renew({lane}, Soon()), IsOkAndHolds(ElementsAre(lane)));
  EXPECT_FALSE(Fence(lane, 3).ok());
}

TEST_P(LaneStoreTest, ALeaseThatExpiredUnnoticedIsRenewed) {
  const std::string lane = LaneWithEvents(*us_, 1);
  ASSERT_OK(us_->Release({lane}, Soon()));
  EXPECT_THAT(us_->Renew({lane, kNowhere}, Soon()), IsOkAndHolds(ElementsAre(lane)));
  EXPECT_THAT(NewStore("them").ListExpired(10, Soon()), IsOkAndHolds(IsEmpty()));
}

TEST_P(LaneStoreTest, OurOwnForgottenLaneIsTakenOverLikeAnyOther) {
  const std::string lane = LaneWithEvents(*us_, 1);
  ASSERT_OK(us_->Release({lane}, Soon()));
  EXPECT_THAT(us_->ListExpired(10, Soon()), IsOkAndHolds(ElementsAre(lane)));
  ASSERT_OK_AND_ASSIGN(const auto taken, us_->TakeOver(lane, Soon()));
  EXPECT_TRUE(taken.has_value());
}

TEST_P(LaneStoreTest, TheSoleProcessTakesOverWhateverEarlierLivesLeft) {
  const std::string lane = LaneWithEvents(*us_, 2);
  LaneStore next_life({.stream = "NOTES", .holder = "next", .sole_process = true}, *database_);
  const std::string own = LaneWithEvents(next_life, 1);
  EXPECT_THAT(next_life.ListExpired(10, Soon()), IsOkAndHolds(ElementsAre(lane)));
  ASSERT_OK_AND_ASSIGN(const auto taken, next_life.TakeOver(lane, Soon()));
  EXPECT_TRUE(taken.has_value());
  EXPECT_THAT(next_life.TakeOver(own, Soon()), IsOkAndHolds(testing::Eq(std::nullopt)));
}

TEST_P(LaneStoreTest, CursorsOnlyRiseAndFinishedLanesLoseTheirLease) {
  const std::string a = LaneWithEvents(*us_, 9), b = LaneWithEvents(*us_, 9);
  ASSERT_OK(us_->Close(b, Soon()).status());
  ASSERT_OK(us_->Advance({{.lane_id = a, .published_through = 7},
                          {.lane_id = b, .published_through = 9, .finished = true}},
                         Soon()));
  ASSERT_OK(us_->Advance({{.lane_id = a, .published_through = 4}}, Soon()));
  EXPECT_EQ(Find(a).published_through, 7);
  EXPECT_EQ(Find(b).published_through, 9);
  EXPECT_EQ(CountLeases(), 1);
  ASSERT_OK(
      NewStore("them").Advance({{.lane_id = a, .published_through = 9, .finished = true}}, Soon()));
  EXPECT_EQ(CountLeases(), 1) << "a lease of another holder";
}

// Closed when its relay last knew, and open again in an older copy of the database.
TEST_P(LaneStoreTest, AnOpenLaneKeepsItsLeaseSoThatSomebodyClosesIt) {
  const std::string lane = LaneWithEvents(*us_, 3);
  ASSERT_OK(us_->Advance({{.lane_id = lane, .published_through = 5, .finished = true}}, Soon()));
  EXPECT_EQ(CountLeases(), 1);
}

// A database that went back in time has not what its relay remembers.
TEST_P(LaneStoreTest, ACursorNeverPassesTheEndOfItsLane) {
  const std::string lane = LaneWithEvents(*us_, 5);
  ASSERT_OK(us_->Advance({{.lane_id = lane, .published_through = 9}}, Soon()));
  EXPECT_EQ(Find(lane).published_through, 5);
  ASSERT_OK(us_->Close(lane, Soon()));
  ASSERT_OK(us_->Advance({{.lane_id = lane, .published_through = 9}}, Soon()));
  EXPECT_EQ(Find(lane).published_through, 5);
}

TEST_P(LaneStoreTest, ParksAnEventTogetherWithTheCursor) {
  const std::string lane = LaneWithEvents(*us_, 5);
  ASSERT_OK_AND_ASSIGN(const auto events, us_->Read(lane, {3, 3}, 1, 1, Soon()));
  ASSERT_OK(us_->Park(lane, events[0].sequence, {"too large", 3}, 3, Soon()));
  EXPECT_EQ(Find(lane).published_through, 3);
  const auto parked = [&] {
    std::optional<std::tuple<int64_t, std::string, int64_t, db::Bytes>> row;
    db::Transaction transaction = Begin(db::Mode::kRead);
    auto found = transaction.QueryOne<int64_t, std::string, int64_t, db::Bytes>(sql::kFindParked);
    EXPECT_OK(found);
    return **found;
  };
  EXPECT_EQ(std::get<0>(parked()), 3);
  EXPECT_EQ(std::get<1>(parked()), "parked");
  EXPECT_EQ(std::get<2>(parked()), 3);
  EXPECT_EQ(std::get<3>(parked()).data, "payload");
  ASSERT_OK(us_->Park(lane, events[0].sequence, {"too large", 2}, 3, Soon()));
  EXPECT_EQ(std::get<2>(parked()), 5);
  ASSERT_OK(Change(sql::kGiveUpParked));
  ASSERT_OK(us_->Park(lane, events[0].sequence, {"too large", 1}, 3, Soon()));
  EXPECT_EQ(std::get<1>(parked()), "void");
  EXPECT_EQ(std::get<2>(parked()), 5);
}

}  // namespace
}  // namespace tally::outbox
