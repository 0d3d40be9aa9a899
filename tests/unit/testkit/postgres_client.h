#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace tally::testkit {

// A plain libpq session for the tests of the testkit itself.
class PostgresClient {
 public:
  explicit PostgresClient(const std::string& url)
      : connection_(PQconnectdb(url.c_str()), &PQfinish) {}

  bool Connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

  // Whether it succeeded.
  bool Execute(const std::string& statement) { return Run(statement).first; }

  // The first column of the first row; "" if there is none.
  std::string Value(const std::string& query) { return Run(query).second; }

  PGconn* raw() { return connection_.get(); }

 private:
  std::pair<bool, std::string> Run(const std::string& statement) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection_.get(), statement.c_str()), &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    return {status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK,
            PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : ""};
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace tally::testkit
