#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace tally::testkit {

// The parameter of a test that must hold on every database:
//
//   class StoreTest : public testing::TestWithParam<DatabaseKind> { … GetParam().MakeUrl() … };
//   INSTANTIATE_ON_EVERY_DATABASE(StoreTest);
struct DatabaseKind {
  const char* name;  // "Sqlite" or "Postgres"
  std::function<absl::StatusOr<std::string>()> make_url;

  // The URL of a new, empty database: `sqlite:PATH` or `postgresql://…`. Nothing of it outlives the
  // test process.
  absl::StatusOr<std::string> MakeUrl() const { return make_url(); }
};

DatabaseKind SqliteKind();
DatabaseKind PostgresKind();  // Databases of PostgresServer::Shared().

std::ostream& operator<<(std::ostream& out, const DatabaseKind& kind);
std::string DatabaseName(const testing::TestParamInfo<DatabaseKind>& info);

}  // namespace tally::testkit

#define INSTANTIATE_ON_EVERY_DATABASE(Suite)                                             \
  INSTANTIATE_TEST_SUITE_P(                                                              \
      Databases, Suite,                                                                  \
      testing::Values(::tally::testkit::SqliteKind(), ::tally::testkit::PostgresKind()), \
      ::tally::testkit::DatabaseName)
