#include "common/outbox/answerer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/step_thread.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/relay_test_case.h"

namespace tally::outbox {
namespace {

using events::v1::HealEventsReply;
using events::v1::HealEventsRequest;
using events::v1::HealLanesReply;
using events::v1::HealLanesRequest;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr char kNobodysLane[] = "018f0000-0000-7000-8000-000000000001";

// "1-4 EVENTS" for each verdict.
std::vector<std::string> Verdicts(const HealEventsReply& reply) {
  std::vector<std::string> texts;
  for (const events::v1::RangeVerdict& verdict : reply.verdicts()) {
    const std::string name = events::v1::RangeVerdict::Verdict_Name(verdict.verdict());
    texts.push_back(absl::StrCat(verdict.range().first_sequence(), "-",
                                 verdict.range().last_sequence(), " ", name.substr(8),
                                 verdict.reason().empty() ? "" : " ", verdict.reason()));
  }
  return texts;
}

HealEventsRequest Ask(const std::string& lane_id, int64_t first, int64_t last) {
  HealEventsRequest request;
  request.set_max_reply_bytes(1 << 20);
  events::v1::SequenceRange& range = *request.add_ranges();
  range.set_lane_id(lane_id);
  range.set_first_sequence(first);
  range.set_last_sequence(last);
  return request;
}

HealLanesRequest AskLanes(HealLanesRequest::Scope scope, int page_size = 0,
                          const std::string& page_token = "") {
  HealLanesRequest request;
  request.set_scope(scope);
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return request;
}

class AnswererTest : public testing::TestWithParam<testkit::DatabaseKind>, protected RelayTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    StartServer("max_payload: 65536");
    bus_ = Connect(server_->url());
    ASSERT_EVENTUALLY(bus_->Connected(), kPatience);
    store_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "us"}, *database_);
    answerer_ = std::make_unique<Answerer>(
        AnswererOptions{.source = "notes"}, *store_, *bus_, [this] { wake_up_.Set(); }, clock_,
        telemetry_);
  }

  // An open lane, published as far as said.
  std::string Lane(int64_t events, int64_t published_through) {
    std::string lane_id = LaneWithEvents(*store_, events);
    EXPECT_OK(
        store_->Advance({{.lane_id = lane_id, .published_through = published_through}}, Soon()));
    return lane_id;
  }
  void Trim(const std::string& lane_id, int64_t through) {
    ASSERT_OK(Change(fixture::sql::kTrim, {{"lane_id", lane_id}, {"through", through}}));
    ASSERT_OK(Change(fixture::sql::kSetTrimmed, {{"lane_id", lane_id}, {"through", through}}));
  }
  void Park(const std::string& lane_id, int64_t sequence) {
    ASSERT_OK(store_->Park(lane_id, sequence, {"too large", 3}, sequence, Soon()));
  }

  std::unique_ptr<Answerer> answerer_;
};
INSTANTIATE_ON_EVERY_DATABASE(AnswererTest);

TEST_P(AnswererTest, ListsHowFarLanesGo) {
  const std::string open = Lane(5, 3);
  const std::string closed = Lane(4, 4);
  const std::string gone = Lane(2, 2);
  const std::string empty = Lane(0, 0);
  for (const std::string& lane_id : {closed, gone}) ASSERT_OK(store_->Close(lane_id, Soon()));
  Trim(open, 2);
  Trim(gone, 2);

  const HealLanesReply current = answerer_->AnswerLanes(AskLanes(HealLanesRequest::SCOPE_CURRENT));
  ASSERT_FALSE(current.has_error()) << current.error().message();
  EXPECT_EQ(current.database_id(), database_->Identity().value());
  ASSERT_EQ(current.lanes_size(), 3);
  EXPECT_EQ(current.lanes(0).lane_id(), open);
  EXPECT_EQ(current.lanes(0).head_sequence(), 5);
  EXPECT_EQ(current.lanes(0).published_through(), 3);
  EXPECT_EQ(current.lanes(0).trimmed_through(), 2);
  EXPECT_FALSE(current.lanes(0).closed());
  EXPECT_EQ(current.lanes(1).lane_id(), closed);
  EXPECT_TRUE(current.lanes(1).closed());
  EXPECT_EQ(current.lanes(2).lane_id(), empty);
  EXPECT_EQ(current.lanes(2).head_sequence(), 0);
  EXPECT_THAT(current.next_page_token(), IsEmpty());

  std::vector<std::string> all;
  std::string token;
  do {
    const HealLanesReply page =
        answerer_->AnswerLanes(AskLanes(HealLanesRequest::SCOPE_ALL, 3, token));
    for (const auto& lane : page.lanes()) all.push_back(lane.lane_id());
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_THAT(all, ElementsAre(open, closed, gone, empty));
}

TEST_P(AnswererTest, AnOpenLaneWithoutRowsEndsWhereItWasTrimmed) {
  const std::string lane_id = Lane(6, 6);
  Trim(lane_id, 6);
  const HealLanesReply reply = answerer_->AnswerLanes(AskLanes(HealLanesRequest::SCOPE_CURRENT));
  ASSERT_EQ(reply.lanes_size(), 1);
  EXPECT_EQ(reply.lanes(0).head_sequence(), 6);
}

TEST_P(AnswererTest, SaysOfEachSequenceWhatBecameOfIt) {
  const std::string lane_id = Lane(12, 0);
  Park(lane_id, 2);
  Park(lane_id, 6);
  ASSERT_OK(Change(fixture::sql::kGiveUpParked));
  Park(lane_id, 7);
  ASSERT_OK(store_->Advance({{.lane_id = lane_id, .published_through = 10}}, Soon()));
  Trim(lane_id, 4);
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(Ask(lane_id, 1, 15))),
              ElementsAre("1-1 TRIMMED", "2-2 VOID", "3-4 TRIMMED", "5-5 EVENTS", "6-6 VOID",
                          "7-7 PARKED", "8-10 EVENTS", "13-15 UNKNOWN"));
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(Ask(lane_id, 10, kLast))),
              ElementsAre("10-10 EVENTS", absl::StrCat("13-", kLast, " UNKNOWN")));
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(Ask(kNobodysLane, 1, 9))),
              ElementsAre("1-9 UNKNOWN"));
}

// Has some of what was trimmed.
class SomeEvents final : public EventArchive {
 public:
  explicit SomeEvents(std::vector<int64_t> sequences) : sequences_(std::move(sequences)) {}

  absl::StatusOr<std::vector<OutboxEvent>> Read(const std::string&, base::SequenceRange range,
                                                int64_t events_max, int64_t, absl::Time) override {
    std::vector<OutboxEvent> events;
    for (const int64_t sequence : sequences_) {
      if (sequence < range.first || sequence > range.last) continue;
      if (static_cast<int64_t>(events.size()) == events_max) break;
      events.push_back({.sequence = sequence, .type = "again", .payload = "1"});
    }
    return events;
  }

 private:
  const std::vector<int64_t> sequences_;
};

TEST_P(AnswererTest, WhatWasTrimmedIsMadeAgainWhereItCanBe) {
  const std::string lane_id = Lane(12, 0);
  Park(lane_id, 3);
  ASSERT_OK(store_->Advance({{.lane_id = lane_id, .published_through = 10}}, Soon()));
  Trim(lane_id, 7);
  // 9 and 11 are not trimmed: the outbox itself answers for them.
  SomeEvents archive({1, 2, 3, 4, 6, 9, 11});
  Answerer answerer({.source = "notes", .events_max = 3, .archive = &archive}, *store_, *bus_,
                    nullptr, clock_, telemetry_);
  const auto ask = [&](int64_t first, int64_t last) {
    return answerer.AnswerEvents(Ask(lane_id, first, last));
  };
  const HealEventsReply reply = ask(1, 15);
  EXPECT_THAT(Verdicts(reply),
              ElementsAre("1-2 EVENTS", "3-3 PARKED", "4-4 EVENTS", "5-5 TRIMMED"));
  EXPECT_EQ(reply.verdicts(0).events(0).headers(0).value(), "1.0");
  EXPECT_THAT(Verdicts(ask(5, 15)),
              ElementsAre("5-5 TRIMMED", "6-6 EVENTS", "7-7 TRIMMED", "8-9 EVENTS"));
  EXPECT_THAT(Verdicts(ask(10, 15)), ElementsAre("10-10 EVENTS", "13-15 UNKNOWN"));
}

TEST_P(AnswererTest, GivesNothingAwayThatIsNotPublished) {
  const std::string lane_id = Lane(5, 3);
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(Ask(lane_id, 1, 5))), ElementsAre("1-3 EVENTS"));
  const HealEventsReply nothing = answerer_->AnswerEvents(Ask(lane_id, 4, 5));
  EXPECT_EQ(nothing.error().code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
}

TEST_P(AnswererTest, AskingAgainGetsEverythingInPiecesThatFit) {
  std::string lane_id = LaneWithEvents(*store_, 0);
  for (int64_t head = 0; head < 100; head += 20) {
    db::Transaction transaction = Begin();
    ASSERT_OK(Append(*store_, transaction, lane_id, head, 20, std::string(3'000, 'x')));
    ASSERT_OK(transaction.Commit());
  }
  ASSERT_OK(store_->Advance({{.lane_id = lane_id, .published_through = 100}}, Soon()));
  int64_t next = 1;
  int answers = 0;
  while (next <= 100) {
    const HealEventsReply reply = answerer_->AnswerEvents(Ask(lane_id, next, 100));
    ASSERT_FALSE(reply.has_error()) << reply.error().message();
    EXPECT_LE(reply.ByteSizeLong(), 65536u);
    for (const events::v1::EventRecord& record : reply.verdicts(0).events()) {
      EXPECT_EQ(record.sequence(), next++);
    }
    ++answers;
  }
  EXPECT_LT(answers, 10);
}

TEST_P(AnswererTest, AnEventThatFitsIntoNoAnswerHoldsNobodyUp) {
  const std::string lane_id = LaneWithEvents(*store_, 2);
  for (int64_t head = 2; head < 6; ++head) {
    const std::string payload(head % 2 == 0 ? 65'500 : 1, 'x');
    db::Transaction transaction = Begin();
    ASSERT_OK(Append(*store_, transaction, lane_id, head, 1, payload));
    ASSERT_OK(transaction.Commit());
  }
  ASSERT_OK(store_->Advance({{.lane_id = lane_id, .published_through = 6}}, Soon()));
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(Ask(lane_id, 1, 6))),
              ElementsAre("1-2 EVENTS", "4-4 EVENTS", "6-6 EVENTS"));
  EXPECT_EQ(answerer_->AnswerEvents(Ask(lane_id, 3, 3)).error().code(),
            static_cast<int>(absl::StatusCode::kResourceExhausted));
}

TEST_P(AnswererTest, AnAnswerEndsInTimeWithWhatItHas) {
  Answerer hurried({.source = "hurried", .answer_within = absl::ZeroDuration()}, *store_, *bus_,
                   nullptr, clock_, telemetry_);
  HealEventsRequest request = Ask(Lane(9, 9), 1, 3);
  request.add_ranges()->CopyFrom(request.ranges(0));
  EXPECT_THAT(Verdicts(hurried.AnswerEvents(request)), ElementsAre("1-3 EVENTS"));
  EXPECT_THAT(Verdicts(answerer_->AnswerEvents(request)), ElementsAre("1-3 EVENTS", "1-3 EVENTS"));
}

TEST_P(AnswererTest, AnswersOverTheBus) {
  const std::string lane_id = Lane(3, 3);
  base::StepThread thread("answerer", [this] { return answerer_->Step(); });
  const auto asker = Connect(server_->url());
  HealEventsReply reply;
  const auto answered = [&] {
    const auto answer =
        asker->Request("healing.v1.notes.events", Ask(lane_id, 1, 3).SerializeAsString(), Soon());
    return answer.ok() && reply.ParseFromString(*answer);
  };
  ASSERT_EVENTUALLY(answered(), kPatience);
  EXPECT_THAT(Verdicts(reply), ElementsAre("1-3 EVENTS"));
  ASSERT_OK_AND_ASSIGN(const std::string nonsense,
                       asker->Request("healing.v1.notes.lanes", "nonsense\xff", Soon()));
  HealLanesReply refused;
  ASSERT_TRUE(refused.ParseFromString(nonsense));
  EXPECT_EQ(refused.error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_P(AnswererTest, WhatCannotBeAnsweredIsAnError) {
  HealEventsRequest nothing;
  EXPECT_THAT(answerer_->AnswerEvents(nothing).error().message(), Not(IsEmpty()));
  EXPECT_THAT(answerer_->AnswerEvents(Ask("no lane", 1, 2)).error().message(), Not(IsEmpty()));
  EXPECT_THAT(answerer_->AnswerEvents(Ask(kNobodysLane, 0, 2)).error().message(), Not(IsEmpty()));
  HealEventsRequest tiny = Ask(Lane(1, 1), 1, 1);
  tiny.set_max_reply_bytes(10);
  EXPECT_EQ(answerer_->AnswerEvents(tiny).error().code(),
            static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(answerer_->AnswerLanes({}).error().message(), Not(IsEmpty()));
}

}  // namespace
}  // namespace tally::outbox
