#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/open_database.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/tcp_gate.h"
#include "tests/testkit/temp_dir.h"

namespace tally::db {
namespace {

using testkit::IsOk;
using testkit::IsOkAndHolds;

class PgBouncerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_, testkit::PostgresServer::Shared());
    server_port_ = server_->port();
    ASSERT_OK_AND_ASSIGN(direct_url_, server_->CreateDatabase());
    url_ = absl::StrReplaceAll(direct_url_, {{absl::StrCat(":", server_->port(), "/"),
                                              absl::StrCat(":", port_.port(), "/")}});
  }

  void StartPooler(const char* mode, int server_sessions) {
    const std::string config = dir_.File("pgbouncer.ini");
    FILE* file = std::fopen(config.c_str(), "w");
    std::fputs(
        absl::StrCat(
            "[databases]\n* = host=127.0.0.1 port=", server_port_,
            " user=tally\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ", port_.port(),
            "\nso_reuseport = 1\nunix_socket_dir =\nauth_type = any\npool_mode = ", mode,
            "\ndefault_pool_size = ", server_sessions, "\n")
            .c_str(),
        file);
    std::fclose(file);
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
    testkit::Process::Spec spec{.argv = {"/usr/sbin/pgbouncer", config}};
    if (::geteuid() == 0) spec.user = "postgres";
    ASSERT_OK_AND_ASSIGN(pooler_, testkit::Process::Start(spec));
  }

  absl::StatusOr<std::unique_ptr<OpenDatabase>> OpenWhenUp() {
    absl::StatusOr<std::unique_ptr<OpenDatabase>> open;
    testkit::Eventually(absl::Seconds(10), [&] { return (open = Open(url_)).ok(); });
    return open;
  }

  // One row in one pipeline, whose answer to `command` ends the connection behind the pooler.
  absl::Status PostAndLoseServerAt(const char* command) {
    testkit::TcpGate gate(server_port_);
    server_port_ = gate.port();
    StartPooler("transaction", 2);
    ASSIGN_OR_RETURN(const auto open, OpenWhenUp());
    gate.SwallowReplyTo(command);
    const absl::Status status =
        open->database->Run(Mode::kWrite, open->Soon(), [](Transaction& transaction) {
          return transaction.Post(fixture::sql::kInsertIds, Batch().Ints("id", {1}));
        });
    EXPECT_EQ(gate.swallowed(), 1);
    return status;
  }
  absl::StatusOr<int64_t> CountDirectly() {
    ASSIGN_OR_RETURN(const auto open, Open(direct_url_));
    return open->Count();
  }

  testkit::TempDir dir_;
  testkit::FreePort port_;
  testkit::PostgresServer* server_ = nullptr;
  int server_port_ = 0;  // for the pooler
  std::unique_ptr<testkit::Process> pooler_;
  std::string url_;  // through the pooler
  std::string direct_url_;
};

TEST_F(PgBouncerTest, ManySessionsShareFewOfTheServers) {
  StartPooler("transaction", 2);
  ASSERT_OK_AND_ASSIGN(const auto open, OpenWhenUp());
  constexpr int kThreads = 6, kEach = 20;
  std::vector<absl::Status> results(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach && results[t].ok(); ++i) results[t] = open->Insert(t * kEach + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(results, testing::Each(IsOk()));
  EXPECT_THAT(open->Count(), IsOkAndHolds(kThreads * kEach));
}

TEST_F(PgBouncerTest, ACommitWhoseServerIsLostBehindThePoolerIsAnUnknownOutcome) {
  const absl::Status unknown = PostAndLoseServerAt("COMMIT");
  EXPECT_EQ(KindOf(unknown), ErrorKind::kUnknownOutcome) << unknown;
  EXPECT_THAT(CountDirectly(), IsOkAndHolds(1));
}

// The pooler says that the server was lost, and says it to the first statement without an answer,
// though the server may have come to a COMMIT behind it.
TEST_F(PgBouncerTest, AnInsertWhoseServerIsLostBehindThePoolerIsNotCommitted) {
  const absl::Status lost = PostAndLoseServerAt("INSERT");
  EXPECT_EQ(KindOf(lost), ErrorKind::kConnection) << lost;
  EXPECT_THAT(CountDirectly(), IsOkAndHolds(0));
}

TEST_F(PgBouncerTest, StatementPoolingIsRefusedAtTheStart) {
  StartPooler("transaction", 2);
  ASSERT_OK(OpenWhenUp());
  pooler_.reset();
  StartPooler("statement", 2);
  std::string refusal;
  EXPECT_EVENTUALLY(
      (refusal = Open(url_).status().ToString()).find("statement pooling") != std::string::npos,
      absl::Seconds(10))
      << refusal;
}

}  // namespace
}  // namespace tally::db
