// What operators do with letters, while replicas try them.

#include "common/inbox/letter_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/db/error.h"
#include "common/inbox/inbox_catalog.h"
#include "common/inbox/letter_retrier.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testkit::Deliver;
using testkit::IsOkAndHolds;
using testkit::Lane;
using testkit::MakeEvent;
using testkit::StatusIs;

class LetterDeskTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    replica = std::make_unique<Replica>(url);
    desk = std::make_unique<LetterDesk>("tests", *replica->database);
    replica->handler.verdict = [this](db::Transaction&, const bus::Event& event) {
      return event.payload == "poison" ? failure : absl::OkStatus();
    };
  }

  std::string Id(int64_t sequence, int lane = 1) { return absl::StrCat(Lane(lane), "/", sequence); }
  // A letter that is dead at once.
  void ReceivePoison(int64_t sequence, int lane = 1, const std::string& type = "counted") {
    ASSERT_OK(replica->Receive({Deliver(MakeEvent(lane, sequence, "poison", type))}));
    replica->clock.Advance(absl::Milliseconds(1));
  }
  std::vector<LetterRecord> List(const LetterFilter& filter = {}, bool with_payload = false) {
    auto page = desk->List(filter, std::nullopt, with_payload, 1000, 1 << 20, Deadline());
    EXPECT_OK(page);
    return page.ok() ? page->letters : std::vector<LetterRecord>();
  }
  absl::StatusOr<int64_t> Redrive(const std::vector<std::string>& ids) {
    return desk->Redrive(ids, replica->clock.Now(), Deadline());
  }
  absl::StatusOr<int64_t> RedriveAll(const LetterFilter& filter = {}, int64_t max = 10'000) {
    return desk->RedriveAll(filter, max, replica->clock.Now(), Deadline());
  }
  absl::StatusOr<int64_t> Discard(const std::vector<std::string>& ids) {
    return desk->Discard(ids, {"why", "who", replica->clock.Now()}, Deadline());
  }
  absl::Time Deadline() { return replica->Deadline(); }

  absl::Status failure = absl::InvalidArgumentError("poisoned");  // dead at once
  std::unique_ptr<Replica> replica;
  std::unique_ptr<LetterDesk> desk;
};
INSTANTIATE_ON_EVERY_DATABASE(LetterDeskTest);

TEST_P(LetterDeskTest, ADeadLetterThatIsRedrivenTwiceCountsOnce) {
  ReceivePoison(1);
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "dead");
  failure = absl::OkStatus();
  EXPECT_THAT(Redrive({Id(1)}), IsOkAndHolds(1));
  EXPECT_THAT(Redrive({Id(1)}), IsOkAndHolds(0)) << "it is due already";
  ASSERT_OK(replica->letters.Retry(10).status());
  EXPECT_EQ(replica->Counted().at(Id(1)), 1);
  EXPECT_THAT(Redrive({Id(1)}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(Id(1))));
  ASSERT_OK(replica->letters.Retry(10).status());
  EXPECT_EQ(replica->Counted().at(Id(1)), 1);
}

TEST_P(LetterDeskTest, ALetterThatFailsAgainIsDeadAgain) {
  ReceivePoison(1);
  EXPECT_THAT(Redrive({Id(1)}), IsOkAndHolds(1));
  ASSERT_OK(replica->letters.Retry(10).status());
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "dead");
  EXPECT_EQ(replica->Letters().at(Id(1)).attempts, 2);
}

TEST_P(LetterDeskTest, OfSomeThatAreNamedAllOrNoneChange) {
  ReceivePoison(1);
  ReceivePoison(2);
  EXPECT_THAT(Redrive({Id(1), Id(3)}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(Id(3))));
  EXPECT_THAT(Discard({Id(1), Id(3)}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(Id(3))));
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "dead");
  EXPECT_THAT(Discard({Id(2), Id(2)}), IsOkAndHolds(1));
  EXPECT_THAT(Redrive({Id(1), Id(2)}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "dead");
}

TEST_P(LetterDeskTest, ADiscardedLetterIsNeverTriedAgainAndKeepsItsReason) {
  failure = absl::InternalError("no");
  ReceivePoison(1);
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "retrying");
  EXPECT_THAT(Discard({Id(1)}), IsOkAndHolds(1));
  EXPECT_THAT(Discard({Id(1)}), IsOkAndHolds(0));
  failure = absl::OkStatus();
  replica->clock.Advance(absl::Hours(1));
  ASSERT_OK(replica->letters.Retry(10).status());
  EXPECT_THAT(replica->Counted(), IsEmpty());
  const LetterRecord letter = List()[0];
  EXPECT_EQ(letter.letter.state, LetterState::kDiscarded);
  EXPECT_EQ(letter.reason, "why");
  EXPECT_EQ(letter.discarded_by, "who");
  EXPECT_EQ(replica->Coverage(1, 1), InboxStore::Coverage::kDiscarded);
}

TEST_P(LetterDeskTest, AFilterChangesWhatPassesAndNothingElse) {
  ReceivePoison(1);
  ReceivePoison(2, 2);
  failure = absl::InvalidArgumentError("another reason: 100% \xc3\xa4");
  ReceivePoison(3);
  const absl::Time later = replica->clock.Now();
  ReceivePoison(4);
  const std::vector<std::pair<LetterFilter, std::set<std::string>>> cases = {
      {{}, {Id(1), Id(2, 2), Id(3), Id(4)}},
      {{.state = LetterState::kDead}, {Id(1), Id(2, 2), Id(3), Id(4)}},
      {{.state = LetterState::kRetrying}, {}},
      {{.lane_id = Lane(2)}, {Id(2, 2)}},
      {{.state = LetterState::kDead, .lane_id = Lane(1)}, {Id(1), Id(3), Id(4)}},
      {{.type = "counted"}, {Id(1), Id(2, 2), Id(3), Id(4)}},
      {{.type = "counte"}, {}},
      {{.error_contains = "another"}, {Id(3), Id(4)}},
      {{.error_contains = "100% \xc3\xa4"}, {Id(3), Id(4)}},
      {{.error_contains = "c3"}, {}},
      {{.error_contains = "Another"}, {}},
      {{.start = later}, {Id(4)}},
      {{.end = later}, {Id(1), Id(2, 2), Id(3)}},
      {{.lane_id = Lane(1), .error_contains = "poisoned", .end = later}, {Id(1)}},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto& [filter, expected] = cases[i];
    std::set<std::string> listed;
    for (const LetterRecord& letter : List(filter)) listed.insert(letter.letter.event_id);
    EXPECT_EQ(listed, expected) << "case " << i;
  }
  EXPECT_THAT(RedriveAll({.error_contains = "another"}), IsOkAndHolds(2));
  EXPECT_EQ(replica->Letters().at(Id(3)).state, "retrying");
  EXPECT_EQ(replica->Letters().at(Id(1)).state, "dead");
  EXPECT_THAT(RedriveAll(), IsOkAndHolds(2)) << "the others are due already";
  EXPECT_THAT(
      desk->DiscardAll({.lane_id = Lane(1)}, 2, {"why", "", replica->clock.Now()}, Deadline()),
      IsOkAndHolds(2));
  EXPECT_THAT(desk->DiscardAll({}, 10, {"why", "", replica->clock.Now()}, Deadline()),
              IsOkAndHolds(2));
}

TEST_P(LetterDeskTest, PagesShowEveryLetterOnceWhileOthersArrive) {
  for (int64_t sequence = 1; sequence <= 7; ++sequence) ReceivePoison(sequence);
  std::vector<std::string> seen;
  LetterDesk::Page page;
  do {
    ASSERT_OK_AND_ASSIGN(page, desk->List({}, page.next, true, 3, 1 << 20, Deadline()));
    for (const LetterRecord& record : page.letters) {
      seen.push_back(record.letter.event_id);
      EXPECT_EQ(record.letter.message.payload, "poison");
      EXPECT_EQ(record.payload_bytes, 6);
    }
    ReceivePoison(100 + static_cast<int64_t>(seen.size()));
    ASSERT_OK(Redrive({Id(1)}).status());
    ASSERT_OK(replica->letters.Retry(10).status());
  } while (page.next.has_value());
  EXPECT_THAT(seen, testing::ElementsAre(Id(7), Id(6), Id(5), Id(4), Id(3), Id(2), Id(1)));
  ASSERT_OK_AND_ASSIGN(page, desk->List({}, std::nullopt, true, 100, 1, Deadline()));
  EXPECT_THAT(page.letters, SizeIs(1)) << "payloads are bounded, and there is one at least";
  EXPECT_TRUE(page.next.has_value());
}

TEST_P(LetterDeskTest, TheCatalogSumsUp) {
  ASSERT_OK(replica->Receive(Sequences(1, 1, 10)));
  ASSERT_OK(replica->Receive(Sequences(2, 5, 6)));
  ReceivePoison(9, 2);
  const absl::Time before = replica->clock.Now();
  ReceivePoison(11);
  ASSERT_OK(Discard({Id(11)}).status());
  InboxCatalog catalog("tests", *replica->database);
  ASSERT_OK_AND_ASSIGN(const InboxSummary summary, catalog.Summarize(Deadline()));
  EXPECT_EQ(summary.lanes, 2);
  EXPECT_EQ(summary.covered_events, 14);
  EXPECT_EQ(summary.dead_letters, 1);
  EXPECT_EQ(summary.discarded_letters, 1);
  EXPECT_EQ(summary.retrying_letters, 0);
  EXPECT_LT(summary.oldest_dead, before);

  ASSERT_OK_AND_ASSIGN(auto watermarks, catalog.ListWatermarks({}, "", 10, Deadline()));
  ASSERT_THAT(watermarks, SizeIs(2));
  EXPECT_EQ(watermarks[0].lane_id, Lane(1));
  EXPECT_EQ(watermarks[0].covered.through(), 11);
  EXPECT_EQ(watermarks[1].covered.Encode(), "5-6,9");
  EXPECT_EQ(watermarks[1].source, "tests");
  EXPECT_EQ(watermarks[0].letters_discarded, 1);
  EXPECT_EQ(watermarks[1].letters_discarded, 0);
  const std::vector<std::pair<InboxCatalog::WatermarkFilter, size_t>> cases = {
      {{.gaps_only = true}, 1},
      {{.lane_id = Lane(1)}, 1},
      {{.source = "tests"}, 2},
      {{.source = "others"}, 0},
  };
  for (const auto& [filter, count] : cases) {
    EXPECT_THAT(catalog.ListWatermarks(filter, "", 10, Deadline()), IsOkAndHolds(SizeIs(count)));
  }
  EXPECT_THAT(catalog.ListWatermarks({}, Lane(1), 10, Deadline()), IsOkAndHolds(SizeIs(1)));
}

// Two replicas try what two operators redrive again and again.
TEST(LetterDeskReplicasTest, RedrivingWhileTwoReplicasTryCountsOnce) {
  ASSERT_OK_AND_ASSIGN(auto* const server, testkit::PostgresServer::Shared());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Replica one(url, "one"), two(url, "two");
  constexpr int kLetters = 300;
  one.handler.verdict = [](db::Transaction&, const bus::Event&) {
    return absl::InvalidArgumentError("not yet");
  };
  for (int i = 1; i <= kLetters; ++i) {
    ASSERT_OK(one.Receive({Deliver(MakeEvent(1 + i % 7, i))}));
  }
  ASSERT_THAT(one.Letters(), SizeIs(kLetters));
  // Neither counts all of them, however the threads are scheduled.
  for (Replica* replica : {&one, &two}) {
    replica->handler.verdict = [replica](db::Transaction&, const bus::Event&) {
      return replica->handler.commits < kLetters * 2 / 3
                 ? absl::OkStatus()
                 : db::MakeError(db::ErrorKind::kRetry, "40P01", "LockBucket");
    };
  }

  std::atomic<bool> done = false;
  const auto operate = [&](Replica& replica) {
    LetterDesk desk("tests", *replica.database);
    while (!done) {
      EXPECT_OK(desk.RedriveAll({}, 100, replica.clock.Now(), replica.Deadline()).status());
    }
  };
  const auto retry = [&](Replica& replica) {
    while (!replica.Letters().empty()) EXPECT_OK(replica.letters.Retry(20).status());
  };
  std::thread operators[] = {std::thread([&] { operate(one); }),
                             std::thread([&] { operate(two); })};
  std::thread replicas[] = {std::thread([&] { retry(one); }), std::thread([&] { retry(two); })};
  for (std::thread& thread : replicas) thread.join();
  done = true;
  for (std::thread& thread : operators) thread.join();
  const auto counted = one.Counted();
  EXPECT_THAT(counted, SizeIs(kLetters));
  for (const auto& [id, times] : counted) EXPECT_EQ(times, 1) << id;
  EXPECT_THAT(one.CountedBy(), SizeIs(2));
  EXPECT_EQ(one.handler.commits + two.handler.commits, kLetters);
}

}  // namespace
}  // namespace tally::inbox
