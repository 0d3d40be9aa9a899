#include "tests/bench/watermark.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace tally::bench {
namespace {

class PostgresWatermark final : public Watermark {
 public:
  explicit PostgresWatermark(const std::string& url)
      : connection_(PQconnectdb(url.c_str()), &PQfinish) {}

  absl::Status Prepare() {
    const Result prepared(PQprepare(connection_.get(), "watermark",
                                    "SELECT applied_through FROM inbox_lane "
                                    "WHERE consumer = 'activity_service' AND lane_id = $1",
                                    1, nullptr),
                          &PQclear);
    return PQresultStatus(prepared.get()) == PGRES_COMMAND_OK ? absl::OkStatus() : Error();
  }

  absl::StatusOr<int64_t> Of(const std::string& lane_id) override {
    const char* values[] = {lane_id.c_str()};
    const Result result(
        PQexecPrepared(connection_.get(), "watermark", 1, values, nullptr, nullptr, 0), &PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return Error();
    int64_t through = 0;
    if (PQntuples(result.get()) == 1 &&
        !absl::SimpleAtoi(PQgetvalue(result.get(), 0, 0), &through)) {
      return Error();
    }
    return through;
  }

 private:
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
  absl::Status Error() const { return absl::InternalError(PQerrorMessage(connection_.get())); }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class SqliteWatermark final : public Watermark {
 public:
  absl::Status Prepare(const std::string& path) {
    sqlite3* database = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    database_.reset(database);
    if (opened != SQLITE_OK) return Error();
    sqlite3_busy_timeout(database, 5000);
    sqlite3_stmt* statement = nullptr;
    const int prepared = sqlite3_prepare_v2(database,
                                            "SELECT applied_through FROM inbox_lane "
                                            "WHERE consumer = 'activity_service' AND lane_id = ?",
                                            -1, &statement, nullptr);
    statement_.reset(statement);
    return prepared == SQLITE_OK ? absl::OkStatus() : Error();
  }

  absl::StatusOr<int64_t> Of(const std::string& lane_id) override {
    sqlite3_bind_text(statement_.get(), 1, lane_id.c_str(), -1, SQLITE_STATIC);
    const int step = sqlite3_step(statement_.get());
    const int64_t through = step == SQLITE_ROW ? sqlite3_column_int64(statement_.get(), 0) : 0;
    sqlite3_reset(statement_.get());
    if (step != SQLITE_ROW && step != SQLITE_DONE) return Error();
    return through;
  }

 private:
  absl::Status Error() const { return absl::InternalError(sqlite3_errmsg(database_.get())); }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database_{nullptr, &sqlite3_close};
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement_{nullptr, &sqlite3_finalize};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Watermark>> Watermark::Open(const std::string& database_url) {
  absl::string_view path = database_url;
  if (absl::ConsumePrefix(&path, "sqlite:")) {
    auto watermark = std::make_unique<SqliteWatermark>();
    if (absl::Status status = watermark->Prepare(std::string(path)); !status.ok()) return status;
    return watermark;
  }
  auto watermark = std::make_unique<PostgresWatermark>(database_url);
  if (absl::Status status = watermark->Prepare(); !status.ok()) return status;
  return watermark;
}

}  // namespace tally::bench
