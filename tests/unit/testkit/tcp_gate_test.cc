#include "tests/testkit/tcp_gate.h"

#include <sys/socket.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/unit/testkit/postgres_client.h"

namespace tally::testkit {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);

// A PostgreSQL session through the gate, and one straight to the server that sees what really
// happened.
class TcpGateTest : public testing::Test {
 protected:
  void SetUp() override {
    PostgresServer& server = *PostgresServer::Shared().value();
    url_ = server.CreateDatabase().value();
    gate_ = std::make_unique<TcpGate>(server.port());
    witness_ = std::make_unique<PostgresClient>(url_);
    ASSERT_TRUE(witness_->Execute("CREATE TABLE stick (notch int)"));
  }

  PostgresClient Connect() { return PostgresClient(gate_->Through(url_)); }
  std::string Notches() { return witness_->Value("SELECT count(*) FROM stick"); }

  // Ends every test: whatever was done to the connections, new ones work.
  void ExpectRecovery() {
    gate_->Forward();
    const std::string before = Notches();
    PostgresClient client = Connect();
    EXPECT_TRUE(client.Execute("INSERT INTO stick VALUES (1)"));
    EXPECT_EQ(Notches(), std::to_string(std::stoi(before) + 1));
  }

  std::string url_;
  std::unique_ptr<TcpGate> gate_;
  std::unique_ptr<PostgresClient> witness_;
};

TEST_F(TcpGateTest, ForwardsAndCountsConnections) {
  {
    PostgresClient first = Connect();
    PostgresClient second = Connect();
    EXPECT_EQ(first.Value("SELECT length(repeat('x', 5000000))"), "5000000");
    EXPECT_EQ(second.Value("SELECT repeat('x', 5000000)").size(), 5000000u);
    EXPECT_EQ(gate_->open_connections(), 2);
  }
  EXPECT_EVENTUALLY(gate_->open_connections() == 0, kTimeout);
  EXPECT_EQ(gate_->total_connections(), 2);
}

TEST_F(TcpGateTest, RefusesNewConnectionsOnly) {
  PostgresClient client = Connect();
  gate_->Refuse();
  EXPECT_FALSE(Connect().Connected());
  EXPECT_TRUE(client.Execute("SELECT 1"));
  EXPECT_EQ(gate_->total_connections(), 1);
  ExpectRecovery();
}

TEST_F(TcpGateTest, CutsAllConnections) {
  PostgresClient first = Connect();
  PostgresClient second = Connect();
  gate_->CutAll();
  EXPECT_FALSE(first.Execute("SELECT 1"));
  EXPECT_FALSE(second.Execute("SELECT 1"));
  ExpectRecovery();
}

TEST_F(TcpGateTest, DelaysBothDirections) {
  PostgresClient client = Connect();
  gate_->Delay(absl::Milliseconds(50));
  const absl::Time start = absl::Now();
  EXPECT_TRUE(client.Execute("SELECT 1"));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(100));
  ExpectRecovery();
}

TEST_F(TcpGateTest, EndlessDelayHidesEvenThatTheClientIsGone) {
  PostgresClient client = Connect();
  const std::string pid = client.Value("SELECT pg_backend_pid()");
  gate_->Delay(absl::InfiniteDuration());
  shutdown(PQsocket(client.raw()), SHUT_RDWR);
  const std::string session = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid;
  EXPECT_FALSE(
      Eventually(absl::Milliseconds(200), [&] { return witness_->Value(session) == "0"; }));
  gate_->Forward();
  EXPECT_EVENTUALLY(witness_->Value(session) == "0", kTimeout);
  ExpectRecovery();
}

TEST_F(TcpGateTest, TricklesWholeMessagesAndIsFastAgainAtOnce) {
  PostgresClient client = Connect();
  gate_->Trickle(64);
  const absl::Time start = absl::Now();
  EXPECT_EQ(client.Value("SELECT repeat('x', 3000)").size(), 3000u);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(400));  // 47 pieces
  gate_->Forward();
  EXPECT_EQ(client.Value("SELECT repeat('x', 5000000)").size(), 5000000u);
  ExpectRecovery();
}

TEST_F(TcpGateTest, NothingStrikesOnceDisarmed) {
  PostgresClient client = Connect();
  gate_->SwallowReplyTo("SELECT");
  gate_->Disarm();
  EXPECT_TRUE(client.Execute("SELECT 1"));
  EXPECT_EQ(gate_->swallowed(), 0);
}

TEST_F(TcpGateTest, SwallowsExactlyTheReplyToCommit) {
  PostgresClient client = Connect();
  gate_->SwallowReplyTo("COMMIT");
  EXPECT_TRUE(client.Execute("BEGIN"));
  EXPECT_TRUE(client.Execute("INSERT INTO stick VALUES (1)"));
  EXPECT_EQ(Notches(), "0");
  EXPECT_FALSE(client.Execute("COMMIT"));
  EXPECT_FALSE(client.Connected());
  EXPECT_EQ(gate_->swallowed(), 1);
  EXPECT_EQ(Notches(), "1");
  ExpectRecovery();
  PostgresClient next = Connect();
  EXPECT_TRUE(next.Execute("BEGIN"));
  EXPECT_TRUE(next.Execute("COMMIT")) << "it strikes once";
}

TEST_F(TcpGateTest, StrandedCommitLandsLater) {
  PostgresClient client = Connect();
  ASSERT_TRUE(client.Execute("BEGIN"));
  ASSERT_TRUE(client.Execute("INSERT INTO stick VALUES (1)"));
  gate_->StrandRequest("COMMIT");
  EXPECT_FALSE(client.Execute("COMMIT"));
  EXPECT_EQ(gate_->held(), 1);
  EXPECT_EQ(Notches(), "0");
  EXPECT_EQ(
      witness_->Value(
          "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = "
          "current_database()"),
      "1");
  gate_->Release();
  EXPECT_EVENTUALLY(Notches() == "1", kTimeout);
  EXPECT_EVENTUALLY(gate_->open_connections() == 0, kTimeout);
  ExpectRecovery();
}

TEST_F(TcpGateTest, CutsWhereTheConditionSays) {
  PostgresClient client = Connect();
  gate_->CutWhen(Direction::kToServer, TcpGate::Contains("VALUES (7)"));
  EXPECT_TRUE(client.Execute("INSERT INTO stick VALUES (6)"));
  EXPECT_FALSE(client.Execute("INSERT INTO stick VALUES (7)"));
  EXPECT_EQ(Notches(), "1");
  ExpectRecovery();
}

TEST_F(TcpGateTest, ServerThatIsGoneLooksLikeACutConnection) {
  const FreePort nobody;
  TcpGate gate(nobody.port());
  EXPECT_FALSE(PostgresClient("postgresql://tally@127.0.0.1:" + std::to_string(gate.port()) + "/x")
                   .Connected());
}

}  // namespace
}  // namespace tally::testkit
