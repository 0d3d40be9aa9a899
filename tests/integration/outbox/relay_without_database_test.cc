#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/integration/outbox/relay_test_case.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::outbox {
namespace {

class RelayWithoutDatabaseTest : public testing::Test, protected RelayTestCase {
 protected:
  void TearDown() override { relay_.reset(); }  // before its bus
};

TEST_F(RelayWithoutDatabaseTest, PublishesWhatIsInMemoryAndSavesTheCursorWhenTheDatabaseIsBack) {
  ASSERT_OK_AND_ASSIGN(auto* const server, testkit::PostgresServer::Shared());
  testkit::TcpGate gate(server->port());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  ASSERT_OK(OpenDatabase(testkit::PostgresKind(), {.url = gate.Through(url)}));
  Start();
  const std::string lane = OwnLane(10);
  ASSERT_OK_AND_ASSIGN(auto events, store_->Read(lane, {1, 10}, 10, 1 << 20, Soon()));

  gate.Refuse();
  gate.CutAll();
  handover_->Committed(lane, 10, std::move(events));
  ASSERT_TRUE(StepUntil([&] { return Counter("tally_relay_published_total") == 10; }));
  EXPECT_FALSE(PublishedThrough(lane, 1));
  gate.Forward();
  ASSERT_TRUE(StepUntil([&] { return PublishedThrough(lane, 10); }));
  EXPECT_GT(LeaseEnd(lane), absl::Now());
}

}  // namespace
}  // namespace tally::outbox
