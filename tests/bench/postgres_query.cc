#include "tests/bench/postgres_query.h"

#include <fstream>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/status_macros.h"

namespace tally::bench {
namespace {

constexpr char kPatience[] = "SET statement_timeout = '60min'";

}  // namespace

absl::StatusOr<PostgresQuery> PostgresQuery::Connect(const std::string& url) {
  Connection connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError(PQerrorMessage(connection.get()));
  }
  PostgresQuery query(std::move(connection));
  RETURN_IF_ERROR(query.Run(kPatience).status());
  return query;
}

absl::StatusOr<std::string> PostgresQuery::Run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()),
                                                             &PQclear);
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
      return "";
    case PGRES_TUPLES_OK:
      return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
    default:
      return absl::InternalError(PQerrorMessage(connection_.get()));
  }
}

absl::StatusOr<double> PostgresQuery::Number(const std::string& sql) {
  ASSIGN_OR_RETURN(const std::string text, Run(sql));
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) {
    return absl::InternalError(absl::StrCat("no number: ", text));
  }
  return number;
}

absl::Status PostgresQuery::RunFile(const std::string& file, const std::vector<Setting>& settings) {
  std::ifstream stream(absl::StrCat(TALLY_BENCH_DIR, "/sql/", file));
  if (!stream) return absl::NotFoundError(file);
  std::string sql(std::istreambuf_iterator<char>(stream), {});
  for (const Setting& setting : settings) {
    sql = absl::StrReplaceAll(sql, {{absl::StrCat(":", setting.name), setting.value}});
  }
  return Run(sql).status();
}

}  // namespace tally::bench
