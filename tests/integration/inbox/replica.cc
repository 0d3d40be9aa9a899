#include "tests/integration/inbox/replica.h"

#include "absl/strings/str_cat.h"
#include "common/inbox/migrations.h"
#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/migrations.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/die.h"

namespace tally::inbox {
namespace {

std::unique_ptr<db::Database> Open(const std::string& url, base::Clock& clock,
                                   telemetry::Telemetry& telemetry) {
  absl::StatusOr<std::unique_ptr<db::Database>> database =
      db::Database::Open({.url = url}, clock, telemetry);
  if (!database.ok()) testkit::Die(database.status().ToString());
  for (const absl::Status& status : {(*database)->Migrate("inbox", kMigrations),
                                     (*database)->Migrate("counted", fixture::kMigrations)}) {
    if (!status.ok()) testkit::Die(status.ToString());
  }
  return *std::move(database);
}

}  // namespace

Replica::Replica(const std::string& url, const std::string& name)
    : telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, name),
      clock(absl::FromUnixSeconds(1'700'000'100)),
      database(Open(url, system_clock, telemetry)),
      store("tests", *database),
      handler(name),
      inbox({}, store, handler, clock, telemetry),
      letters({}, absl::Seconds(10), store, handler, clock, telemetry) {}

std::map<std::string, int64_t> Replica::Counted() {
  std::map<std::string, int64_t> counted;
  Read([&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t>(
        fixture::sql::kListCounted, db::Params{},
        [&](const std::string& id, int64_t times) { counted[id] = times; });
  });
  return counted;
}

std::map<std::string, int64_t> Replica::CountedBy() {
  std::map<std::string, int64_t> counted;
  Read([&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t>(
        fixture::sql::kCountedBy, db::Params{},
        [&](const std::string& by, int64_t count) { counted[by] = count; });
  });
  return counted;
}

std::string Replica::Watermark(int lane) {
  std::string text = "none";
  Read([&](db::Transaction& transaction) {
    return transaction.Query<int64_t, std::string>(
        fixture::sql::kReadLane, {{"lane_id", testkit::Lane(lane)}},
        [&](int64_t through, const std::string& ranges) {
          text = absl::StrCat(through, " [", ranges, "]");
        });
  });
  return text;
}

std::map<std::string, StoredLetter> Replica::Letters() {
  std::map<std::string, StoredLetter> found;
  Read([&](db::Transaction& transaction) {
    return transaction.Query<std::string, std::string, int64_t, std::string>(
        fixture::sql::kListLetters, db::Params{},
        [&](const std::string& id, const std::string& state, int64_t attempts,
            const std::string& error) {
          found[id] = {state, attempts, error};
        });
  });
  return found;
}

InboxStore::Coverage Replica::Coverage(int lane, int64_t sequence) {
  absl::StatusOr<InboxStore::Coverage> coverage = absl::UnknownError("not asked");
  Read([&](db::Transaction& transaction) {
    coverage = store.Find(transaction, testkit::Lane(lane), sequence);
    return coverage.status();
  });
  return *coverage;
}

void Replica::Read(absl::FunctionRef<absl::Status(db::Transaction&)> body) {
  const absl::Status status = database->Run(db::Mode::kRead, Deadline(), body);
  if (!status.ok()) testkit::Die(status.ToString());
}

std::vector<bus::Delivery> Sequences(int lane, int64_t first, int64_t last) {
  std::vector<bus::Delivery> deliveries;
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    deliveries.push_back(testkit::Deliver(testkit::MakeEvent(lane, sequence), sequence));
  }
  return deliveries;
}

}  // namespace tally::inbox
