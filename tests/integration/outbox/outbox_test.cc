#include "common/outbox/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/outbox/note_handler.h"
#include "tests/integration/outbox/relay_test_case.h"

namespace tally::outbox {
namespace {

using testing::Each;
using testing::Field;
using testing::SizeIs;
using testkit::StatusIs;

// A bus that hangs in the hand of who publishes, until it is let go.
class HangingBus final : public bus::Bus {
 public:
  class HangingPublisher final : public bus::Publisher {
   public:
    explicit HangingPublisher(absl::Notification& let_go) : let_go_(let_go) {}
    absl::Status Publish(uint64_t, const bus::Message&, const std::string&) override {
      return absl::UnavailableError("hangs");
    }
    void Flush() override {}
    std::vector<bus::PublishResult> TakeResults() override {
      let_go_.WaitForNotification();
      return {};
    }

   private:
    absl::Notification& let_go_;
  };

  class DeafResponder final : public bus::Responder {
    std::vector<bus::Question> Take(size_t) override { return {}; }
    absl::Status Answer(const bus::Question&, const std::string&) override {
      return absl::UnavailableError("hangs");
    }
  };

  bool Connected() const override { return false; }
  absl::StatusOr<int64_t> MaxPayload() const override { return absl::UnavailableError("hangs"); }
  absl::StatusOr<bus::Declared> Declare(const bus::StreamConfig&, absl::Time) override {
    return absl::UnavailableError("hangs");
  }
  absl::StatusOr<bus::Declared> Declare(const bus::DurableConfig&, absl::Time) override {
    return absl::UnavailableError("hangs");
  }
  absl::StatusOr<bus::StreamState> GetStreamState(const std::string&, absl::Time) override {
    return absl::UnavailableError("hangs");
  }
  absl::StatusOr<bus::DurableState> GetDurableState(const std::string&, const std::string&,
                                                    absl::Time) override {
    return absl::UnavailableError("hangs");
  }
  std::unique_ptr<bus::Publisher> NewPublisher(bus::PublisherOptions) override {
    return std::make_unique<HangingPublisher>(let_go_);
  }
  std::unique_ptr<bus::PullConsumer> NewPullConsumer(bus::PullConsumerOptions) override {
    return nullptr;
  }
  std::unique_ptr<bus::Responder> NewResponder(bus::ResponderOptions) override {
    return std::make_unique<DeafResponder>();
  }
  absl::StatusOr<std::string> Request(const std::string&, const std::string&, absl::Time) override {
    return absl::UnavailableError("hangs");
  }
  void LetGo() { let_go_.Notify(); }

 private:
  absl::Notification let_go_;
};

class OutboxTest : public testing::TestWithParam<testkit::DatabaseKind>, protected RelayTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    StartServer();
    bus_ = Connect(server_->url());
  }

  std::unique_ptr<Outbox> NewLife(bus::Bus& bus, absl::Duration lease = absl::Seconds(5)) {
    OutboxOptions options = {.source = "notes",
                             .stream = {.name = "NOTES", .subjects = {"notes.>"}},
                             .instance = "test",
                             .lease = lease,
                             .writers = 3,
                             .writer = {.batch_commands_max = 16},
                             .relay = options_};
    return std::make_unique<Outbox>(std::move(options), *database_, bus, handler_, clock_,
                                    telemetry_);
  }
  std::shared_ptr<Answer> Submit(Outbox& outbox, const std::string& key) {
    auto answer = std::make_shared<Answer>();
    std::unique_ptr<Command> command =
        std::make_unique<NoteCommand>(NoteCommand::Content{.key = key}, answer);
    EXPECT_OK(outbox.Submit(command));
    return answer;
  }

  void ExpectPublished(size_t events) {
    std::set<std::string> keys;
    for (const bus::Event& event : ReadStream(events)) keys.insert(event.subject);
    EXPECT_THAT(keys, SizeIs(events));
    EXPECT_EQ(StreamMessages(), static_cast<int64_t>(events));
  }

  NoteHandler handler_;
};
INSTANTIATE_ON_EVERY_DATABASE(OutboxTest);

TEST_P(OutboxTest, WhatIsAnsweredIsWrittenOncePublishedOnceAndLeftInOrder) {
  constexpr int kCallers = 4, kEach = 500;
  const auto outbox = NewLife(*bus_);
  outbox->Start();
  std::vector<std::jthread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      std::vector<std::shared_ptr<Answer>> answers;
      for (int i = 0; i < kEach; ++i)
        answers.push_back(Submit(*outbox, absl::StrCat("notes.", caller, ".", i)));
      for (const auto& answer : answers) EXPECT_OK(answer->status());
    });
  }
  callers.clear();
  outbox->Shutdown(Soon());
  EXPECT_EQ(CountNotes(), kCallers * kEach);
  ExpectNotesMatchEvents();
  EXPECT_EQ(CountLeases(), 0) << "drained";
  EXPECT_THAT(Lanes(), Each(Field(&LaneRow::state, "closed")));
  if (database_->dialect() == db::Dialect::kPostgres) {
    EXPECT_GT(Lanes().size(), 1u) << "only one writer wrote";
  }
  ExpectPublished(kCallers * kEach);
  EXPECT_EQ(Gauge("tally_command_queue_depth"), 0);
}

TEST_P(OutboxTest, AnIdleServiceCommitsOneCommandAtOnceAndPublishesIt) {
  const auto outbox = NewLife(*bus_);
  outbox->Start();
  EXPECT_OK(Submit(*outbox, "notes.first")->status());
  ASSERT_EVENTUALLY(StreamMessages() == 1, kPatience);
  const absl::Time start = absl::Now();
  for (int i = 0; i < 60; ++i) EXPECT_OK(Submit(*outbox, absl::StrCat("notes.", i))->status());
  ASSERT_EVENTUALLY(StreamMessages() == 61, kPatience);
  EXPECT_LT(absl::Now() - start, absl::Seconds(30)) << "no step may wait for its second to pass";
}

TEST_P(OutboxTest, TakesCommandsWithoutABusAndTheNextLifePublishesThem) {
  ASSERT_OK(server_->Stop());
  auto outbox = NewLife(*bus_);
  outbox->Start();
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(Submit(*outbox, absl::StrCat("notes.", i)));
  for (const auto& answer : answers) EXPECT_OK(answer->status());
  outbox->Shutdown(absl::Now() + absl::Minutes(1));
  outbox.reset();
  EXPECT_GT(CountLeases(), 0);

  ASSERT_OK(server_->Restart());
  outbox = NewLife(*bus_);
  outbox->Start();
  EXPECT_EVENTUALLY(CountLeases() == 0, kPatience);
  ExpectPublished(100);
}

TEST_P(OutboxTest, ALifeThatEndedUncleanlyIsClosedAndDrainedByTheNext) {
  const std::string lane = DeadLane(50);
  const auto outbox = NewLife(*bus_);
  outbox->Start();
  EXPECT_EVENTUALLY(CountLeases() == 0, kPatience);
  EXPECT_EQ(Lanes()[0].final_sequence, 50);
  std::set<std::string> ids;
  for (const bus::Event& event : ReadStream(50)) ids.insert(event.Id());
  EXPECT_THAT(ids, SizeIs(50));
  EXPECT_EQ(StreamMessages(), 50);
}

TEST_P(OutboxTest, AfterShutdownNothingIsTaken) {
  const auto outbox = NewLife(*bus_);
  outbox->Start();
  outbox->Shutdown(Soon());
  auto answer = std::make_shared<Answer>();
  std::unique_ptr<Command> command =
      std::make_unique<NoteCommand>(NoteCommand::Content{.key = "notes.late"}, answer);
  EXPECT_THAT(outbox->Submit(command), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_NE(command, nullptr);
  EXPECT_FALSE(answer->given());
}

TEST_P(OutboxTest, LivenessFailsWhenTheRelayHangs) {
  HangingBus hanging;
  auto outbox = NewLife(hanging, absl::Milliseconds(100));
  EXPECT_OK(telemetry_.health.Live());
  outbox->Start();
  EXPECT_OK(telemetry_.health.Live());
  EXPECT_EVENTUALLY(!telemetry_.health.Live().ok(), kPatience);
  hanging.LetGo();
  EXPECT_EVENTUALLY(telemetry_.health.Live().ok(), kPatience);
  outbox.reset();
  EXPECT_OK(telemetry_.health.Live()) << "what is gone does not hang";
}

}  // namespace
}  // namespace tally::outbox
