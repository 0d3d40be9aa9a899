// Operators' lists of letters read what a page needs and no more, however many letters there are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/inbox/letter_desk_sql.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/query_plan.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::HasSubstr;

class LetterPlanTest : public testing::TestWithParam<testkit::DatabaseKind> {};
INSTANTIATE_ON_EVERY_DATABASE(LetterPlanTest);

TEST_P(LetterPlanTest, EveryListWalksItsIndex) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  Replica replica(url);
  ASSERT_OK(replica.database->Run(
      db::Mode::kWrite, replica.Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        std::vector<Letter> letters;
        for (int i = 1; i <= 5'000; ++i) {
          letters.push_back({.event_id = absl::StrCat(testkit::Lane(i % 50), "/", i),
                             .lane_id = testkit::Lane(i % 50),
                             .sequence = i,
                             .message = {},
                             .type = "counted",
                             .error = "no",
                             .state = i % 100 == 0 ? LetterState::kDead : LetterState::kDiscarded,
                             .next_attempt = absl::FromUnixSeconds(i),
                             .first_failure = absl::FromUnixSeconds(i),
                             .changed = absl::FromUnixSeconds(i)});
        }
        if (const auto inserted = replica.store.InsertLetters(transaction, letters);
            !inserted.ok()) {
          return inserted.status();
        }
        return transaction.Execute(fixture::sql::kAnalyze).status();
      }));
  const auto params = [](const char* state) {
    return db::Params{{"consumer", "tests"},
                      {"state", state},
                      {"lane_id", testkit::Lane(7)},
                      {"type", ""},
                      {"error", ""},
                      {"start_time", std::numeric_limits<int64_t>::min()},
                      {"after_time", std::numeric_limits<int64_t>::max()},
                      {"after_id", ""},
                      {"with_payload", 0},
                      {"count_max", 51},
                      {"bytes_max", 1 << 20}};
  };
  const std::tuple<const db::Statement*, const char*, const char*> lists[] = {
      {&sql::kListLetters, "", "inbox_letter_time"},
      {&sql::kListLettersOfState, "dead", "inbox_letter_state_time"},
      {&sql::kListLettersOfLane, "", "inbox_letter_lane_time"},
  };
  testkit::QueryPlan plan;
  for (const auto& [statement, state, index] : lists) {
    EXPECT_THAT(plan.Of(*replica.database, *statement, params(state)), HasSubstr(index))
        << statement->name;
  }
}

}  // namespace
}  // namespace tally::inbox
