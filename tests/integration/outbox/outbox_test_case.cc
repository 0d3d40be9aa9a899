#include "tests/integration/outbox/outbox_test_case.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/outbox/outbox.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/migrations.h"

namespace tally::outbox {

namespace sql = fixture::sql;

absl::Status OutboxTestCase::OpenDatabase(const testkit::DatabaseKind& kind,
                                          db::DatabaseOptions options) {
  if (options.url.empty()) {
    ASSIGN_OR_RETURN(options.url, kind.MakeUrl());
  }
  ASSIGN_OR_RETURN(database_, db::Database::Open(options, clock_, telemetry_));
  RETURN_IF_ERROR(Outbox::Migrate(*database_));
  return database_->Migrate("notes", fixture::kMigrations);
}

db::Transaction OutboxTestCase::Begin(db::Mode mode) {
  auto transaction = db::Transaction::Begin(*database_, mode, Soon());
  EXPECT_OK(transaction);
  return *std::move(transaction);
}

std::string OutboxTestCase::LaneWithEvents(LaneStore& store, int64_t events) {
  auto lane_id = store.Open(Soon());
  EXPECT_OK(lane_id);
  if (events > 0) {
    db::Transaction transaction = Begin();
    EXPECT_OK(Append(store, transaction, *lane_id, 0, events));
    EXPECT_OK(transaction.Commit());
  }
  return *std::move(lane_id);
}

absl::Status OutboxTestCase::Append(LaneStore& store, db::Transaction& transaction,
                                    const std::string& lane_id, int64_t head, int64_t events,
                                    const std::string& payload) {
  RETURN_IF_ERROR(LaneStore::Fence(transaction, lane_id, head));
  LaneAppender appender(lane_id, head, absl::FromUnixMicros(1'700'000'000'000'001));
  for (int64_t i = 0; i < events; ++i) {
    appender.Append({.subject = one_subject_ ? "notes.written"
                                             : absl::StrCat("notes.", appender.next_sequence()),
                     .type = "test.v1.Note",
                     .payload = payload,
                     .time = absl::FromUnixMicros(1'700'000'000'000'000),
                     .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
  }
  RETURN_IF_ERROR(store.Append(transaction, appender));
  return transaction.Now().status();  // it has been done, not just posted
}

absl::Status OutboxTestCase::Change(const db::Statement& statement, const db::Params& params) {
  db::Transaction transaction = Begin();
  RETURN_IF_ERROR(transaction.Execute(statement, params).status());
  return transaction.Commit();
}

int64_t OutboxTestCase::QueryInt(const db::Statement& statement, const db::Params& params) {
  db::Transaction transaction = Begin(db::Mode::kRead);
  const auto row = transaction.QueryOne<int64_t>(statement, params);
  EXPECT_OK(row);
  return row.ok() && row->has_value() ? std::get<0>(**row) : -1;
}

int64_t OutboxTestCase::CountNotes() { return QueryInt(sql::kCountNotes); }
int64_t OutboxTestCase::CountEvents() { return QueryInt(sql::kCountEvents); }
int64_t OutboxTestCase::CountLeases() { return QueryInt(sql::kCountLeases); }

absl::Time OutboxTestCase::LeaseEnd(const std::string& lane_id) {
  db::Transaction transaction = Begin(db::Mode::kRead);
  const auto row =
      transaction.QueryOne<std::string, int64_t>(sql::kFindLease, {{"lane_id", lane_id}});
  EXPECT_OK(row);
  return row.ok() && row->has_value() ? absl::FromUnixMicros(std::get<1>(**row))
                                      : absl::InfinitePast();
}

std::vector<LaneRow> OutboxTestCase::Lanes() {
  std::vector<LaneRow> lanes;
  db::Transaction transaction = Begin(db::Mode::kRead);
  EXPECT_OK((transaction.Query<std::string, std::string, std::optional<int64_t>, int64_t, int64_t>(
      sql::kListLanes, {},
      [&](std::string lane_id, std::string state, std::optional<int64_t> final_sequence,
          int64_t events, int64_t highest) {
        lanes.push_back({lane_id, state, final_sequence, events, highest});
      })));
  return lanes;
}

void OutboxTestCase::ExpectNotesMatchEvents() {
  EXPECT_EQ(QueryInt(sql::kNotesWithoutTheirEvent), 0);
  EXPECT_EQ(CountNotes(), CountEvents());
  for (const LaneRow& lane : Lanes()) {
    EXPECT_EQ(lane.events, lane.highest) << "gap in lane " << lane.lane_id;
    EXPECT_EQ(lane.final_sequence.value_or(lane.highest), lane.highest) << lane.lane_id;
  }
}

}  // namespace tally::outbox
