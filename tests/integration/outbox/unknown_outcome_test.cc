#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/writer_test_case.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/tcp_gate.h"

namespace tally::outbox {
namespace {

using testing::ElementsAre;
using testkit::StatusIs;

// The connection is lost during COMMIT: to its writer the batch may be written or not.
class UnknownOutcomeTest : public testing::Test, protected WriterTestCase {
 protected:
  // Through a gate for the writer; what the test itself looks at goes around it.
  void Start(absl::Duration idle_in_transaction_timeout) {
    ASSERT_OK_AND_ASSIGN(auto* const server, testkit::PostgresServer::Shared());
    gate_.emplace(server->port());
    ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
    ASSERT_OK(OpenDatabase(testkit::PostgresKind(),
                           {.url = gate_->Through(url),
                            .lock_timeout = absl::Milliseconds(200),
                            .idle_in_transaction_timeout = idle_in_transaction_timeout}));
    MakeWriter();
    Write("before");
    first_lane_ = Lanes()[0].lane_id;
  }

  // The whole message ends with NUL; READ COMMITTED is another. The old transaction stays open on
  // the server, before its COMMIT, until the gate is released.
  std::shared_ptr<Answer> StrandACommit(NoteCommand::Content content) {
    gate_->StrandRequest(absl::string_view("COMMIT", sizeof("COMMIT")));
    auto answer = Submit(std::move(content));
    EXPECT_EQ(writer_->Step(), absl::ZeroDuration());
    EXPECT_EQ(Counter("tally_writer_unknown_outcomes_total"), 1);
    return answer;
  }

  std::optional<testkit::TcpGate> gate_;
  std::string first_lane_;
};

TEST_F(UnknownOutcomeTest, ACommitThatLandedIsFoundAndWrittenOnce) {
  Start(absl::Seconds(10));
  gate_->SwallowReplyTo("COMMIT");
  const auto answer = SubmitKey("a");
  writer_->Step();
  EXPECT_EQ(gate_->swallowed(), 1);
  EXPECT_EQ(Counter("tally_writer_unknown_outcomes_total"), 1);
  EXPECT_FALSE(answer->given()) << "answered before the lane was closed";
  EXPECT_EQ(CountNotes(), 2) << "it landed";
  EXPECT_EQ(Lanes()[0].state, "open");

  Settle();
  EXPECT_OK(answer->status());
  EXPECT_EQ(answer->lane_id(), first_lane_);
  EXPECT_EQ(answer->sequence(), 2);
  EXPECT_EQ(Lanes()[0].final_sequence, 2);
  EXPECT_EQ(handover_.Take()[first_lane_].head, 2);
  EXPECT_THAT(handler_.attempts(), ElementsAre(1, 1, 2));
  ExpectNotesMatchEvents();
  Write("after");
}

TEST_F(UnknownOutcomeTest, ACommitThatLandsLaterIsWaitedForAndWrittenOnce) {
  Start(absl::Seconds(30));
  const auto answer = StrandACommit({.key = "a"});
  EXPECT_EQ(CountNotes(), 1) << "who merely looks sees nothing";
  for (int i = 0; i < 3; ++i) EXPECT_GT(writer_->Step(), absl::ZeroDuration());
  EXPECT_FALSE(answer->given());
  EXPECT_EQ(Lanes()[0].state, "open");

  gate_->Release();
  EXPECT_EVENTUALLY(CountNotes() == 2, kPatience);
  Settle();
  EXPECT_OK(answer->status());
  EXPECT_EQ(answer->lane_id(), first_lane_);
  EXPECT_EQ(answer->sequence(), 2);
  EXPECT_EQ(Lanes()[0].final_sequence, 2);
  ExpectNotesMatchEvents();
}

TEST_F(UnknownOutcomeTest, ACommitThatNeverArrivesIsWrittenAgainOnAnotherLane) {
  Start(absl::Milliseconds(500));
  const auto answer = StrandACommit({.key = "a"});
  Settle();
  EXPECT_OK(answer->status());
  EXPECT_NE(answer->lane_id(), first_lane_);
  EXPECT_EQ(answer->sequence(), 1);
  EXPECT_EQ(Lanes()[0].final_sequence, 1);
  gate_->Release();
  Write("after");
  EXPECT_EQ(CountNotes(), 3);
  ExpectNotesMatchEvents();
}

TEST_F(UnknownOutcomeTest, WhoseDeadlinePassesMeanwhileIsToldThatItIsUnknown) {
  Start(absl::Seconds(30));
  const auto cancelled = std::make_shared<bool>(false);
  const auto answer = StrandACommit({.key = "a", .cancelled = cancelled});
  writer_->Step();
  EXPECT_FALSE(answer->given());
  *cancelled = true;
  writer_->Step();
  EXPECT_THAT(answer->status(), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(Lanes()[0].state, "open");
  gate_->Release();
  EXPECT_EVENTUALLY(writer_->Step() == absl::InfiniteDuration(), kPatience);
  EXPECT_EQ(Lanes()[0].final_sequence, 2) << "the lane is settled though nobody waits";
  ExpectNotesMatchEvents();
}

TEST_F(UnknownOutcomeTest, AWriterThatIsClosedInDoubtSaysSo) {
  Start(absl::Seconds(30));
  const auto answer = StrandACommit({.key = "a"});
  writer_->Close(absl::Now() + absl::Milliseconds(300));
  EXPECT_THAT(answer->status(), StatusIs(absl::StatusCode::kUnknown));
  gate_->Release();
}

}  // namespace
}  // namespace tally::outbox
