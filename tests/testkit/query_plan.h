#pragma once

#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/db/database.h"
#include "tests/testkit/status_matchers.h"

namespace tally::testkit {

// How a database would run statements. Outlives its sessions' use of them; not thread-safe.
class QueryPlan {
 public:
  // The plan, a line for each step, as the database words it.
  std::string Of(db::Database& database, const db::Statement& statement, const db::Params& params) {
    const std::string& postgresql =
        texts_.emplace_back(absl::StrCat("EXPLAIN ", statement.postgresql));
    const std::string& sqlite =
        texts_.emplace_back(absl::StrCat("EXPLAIN QUERY PLAN ", statement.sqlite));
    const db::Statement explain = {"Explain", postgresql.c_str(), sqlite.c_str()};
    std::string plan;
    const auto add = [&](const std::string& line) { absl::StrAppend(&plan, line, "\n"); };
    EXPECT_OK(
        database.Run(db::Mode::kRead, database.clock().Now() + absl::Seconds(60),
                     [&](db::Transaction& transaction) {
                       if (transaction.dialect() == db::Dialect::kPostgres) {
                         return transaction.Query<std::string>(explain, params, add);
                       }
                       return transaction.Query<int64_t, int64_t, int64_t, std::string>(
                           explain, params,
                           [&](int64_t, int64_t, int64_t, const std::string& line) { add(line); });
                     }));
    return plan;
  }

 private:
  std::deque<std::string> texts_;  // sessions keep statements by their address
};

}  // namespace tally::testkit
