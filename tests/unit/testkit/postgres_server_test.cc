#include "tests/testkit/postgres_server.h"

#include "gtest/gtest.h"
#include "tests/testkit/database_urls.h"
#include "tests/unit/testkit/postgres_client.h"

namespace tally::testkit {
namespace {

TEST(PostgresServerTest, GivesEachTestADatabaseOfItsOwn) {
  PostgresServer& server = *PostgresServer::Shared().value();
  PostgresClient first(server.CreateDatabase().value());
  PostgresClient second(server.CreateDatabase().value());
  ASSERT_TRUE(first.Execute("CREATE TABLE stick (notch int)"));
  EXPECT_TRUE(second.Execute("CREATE TABLE stick (notch int)"));
  EXPECT_FALSE(first.Execute("CREATE TABLE stick (notch int)"));
}

TEST(PostgresServerTest, TakesOptions) {
  PostgresServer::Options options;
  options.fsync = true;
  options.settings = {"deadlock_timeout=123ms"};
  const auto server = PostgresServer::Start(options).value();
  PostgresClient client(server->url("postgres"));
  EXPECT_EQ(client.Value("SHOW fsync"), "on");
  EXPECT_EQ(client.Value("SHOW deadlock_timeout"), "123ms");
  EXPECT_EQ(client.Value("SHOW max_connections"), "200");
}

TEST(PostgresServerTest, KeepsItsPortAndItsDataWhenStoppedAndWhenKilled) {
  const auto server = PostgresServer::Start().value();
  const std::string url = server->CreateDatabase().value();
  ASSERT_TRUE(PostgresClient(url).Execute("CREATE TABLE stick (notch int)"));
  ASSERT_TRUE(PostgresClient(url).Execute("INSERT INTO stick VALUES (1)"));
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_FALSE(PostgresClient(url).Connected());
  ASSERT_TRUE(server->Restart().ok());
  ASSERT_TRUE(PostgresClient(url).Execute("INSERT INTO stick VALUES (2)"));
  PostgresClient witness(url);
  server->Kill();
  EXPECT_FALSE(PostgresClient(url).Connected());
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_FALSE(witness.Execute("SELECT 1"));
  EXPECT_EQ(PostgresClient(url).Value("SELECT sum(notch) FROM stick"), "3");
}

class DatabaseKindTest : public testing::TestWithParam<DatabaseKind> {};
INSTANTIATE_ON_EVERY_DATABASE(DatabaseKindTest);

TEST_P(DatabaseKindTest, MakesANewUrlEachTime) {
  const std::string first = GetParam().MakeUrl().value();
  const std::string second = GetParam().MakeUrl().value();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.rfind(GetParam().name == std::string("Sqlite") ? "sqlite:/" : "postgresql://", 0),
            0u)
      << first;
}

}  // namespace
}  // namespace tally::testkit
