#include "common/rpc/bidi_call.h"

#include <deque>
#include <stdexcept>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/eventually.h"

namespace tally::rpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testkit::kPatience;

// A client's end of a stream.
struct Conversation {
  explicit Conversation(TestService::Stub& stub) {
    context.set_deadline(In(absl::Minutes(2)));  // a test that fails ends
    stream = stub.Converse(&context);
  }

  bool Write(const std::vector<std::string>& items) {
    ConverseRequest request;
    request.mutable_items()->Assign(items.begin(), items.end());
    return stream->Write(request);
  }
  // The answers of the next message; none at the end.
  std::vector<std::string> Read() {
    ConverseResponse response;
    if (!stream->Read(&response)) return {};
    return {response.answers().begin(), response.answers().end()};
  }
  grpc::Status End() {
    stream->WritesDone();
    return Finish();
  }
  grpc::Status Finish() {
    while (!Read().empty()) continue;
    return stream->Finish();
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<ConverseRequest, ConverseResponse>> stream;
};

class BidiCallTest : public ServerTest {
 protected:
  // The server keeps every item until the test says.
  void KeepItems() {
    service_->on_take = [this](ConverseCall& call, const ConverseRequest& request) {
      absl::MutexLock lock(&mutex_);
      call_ = &call;
      for (const std::string& text : request.items()) {
        kept_.push_back({text, std::make_unique<ConverseCall::Item>(call, text.size())});
        ++taken_;
      }
      return absl::OkStatus();
    };
  }
  size_t Taken() {
    absl::MutexLock lock(&mutex_);
    return taken_;
  }
  // What was written before has come to the server, which has taken it if it wants to: later calls
  // on the same connection have been answered, by success or because too many streams are open.
  void LetEverythingArrive() {
    for (int i = 0; i < 5; ++i) Conversation(*stub_).End();
  }
  // Answers the oldest items, and lets them go together.
  void AnswerKept(size_t count) {
    std::deque<Kept> answered;
    absl::MutexLock lock(&mutex_);
    for (; count > 0; --count) {
      ConverseCall::Answer(*kept_.front().item, kept_.front().text);
      answered.push_back(std::move(kept_.front()));
      kept_.pop_front();
    }
  }
  std::string Metrics() { return telemetry_.metrics.Serialize(); }

  struct Kept {
    std::string text;
    std::unique_ptr<ConverseCall::Item> item;
  };
  absl::Mutex mutex_;
  ConverseCall* call_ = nullptr;
  std::deque<Kept> kept_;
  size_t taken_ = 0;
};

TEST_F(BidiCallTest, AnswersEachItemAndEndsAfterTheHalfClose) {
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a", "b"});
  conversation.Write({"c"});
  conversation.stream->WritesDone();
  std::vector<std::string> answers;
  while (answers.size() < 3) {
    for (const std::string& answer : conversation.Read()) answers.push_back(answer);
  }
  EXPECT_THAT(answers, ElementsAre("a", "b", "c"));
  const grpc::Status status = conversation.Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  const std::string method = "method=\"tally.rpc.testing.TestService/Converse\"";
  EXPECT_THAT(Metrics(),
              HasSubstr(absl::StrCat("tally_rpc_items_total{code=\"OK\",", method, "} 3\n")));
  EXPECT_THAT(Metrics(),
              HasSubstr(absl::StrCat("tally_rpc_requests_total{code=\"OK\",", method, "} 1\n")));
  EXPECT_EVENTUALLY(
      absl::StrContains(Metrics(), absl::StrCat("tally_rpc_in_flight{", method, "} 0\n")),
      kPatience);
}

TEST_F(BidiCallTest, AnswersThatAreReadyTogetherLeaveInOneMessage) {
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a"});
  conversation.Write({"b", "c"});
  ASSERT_EVENTUALLY(Taken() == 3, kPatience);
  AnswerKept(3);
  EXPECT_THAT(conversation.Read(), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(conversation.End().ok());
}

TEST_F(BidiCallTest, AfterTheHalfCloseItWaitsForTheItemsUnderWay) {
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a", "b"});
  conversation.stream->WritesDone();
  ASSERT_EVENTUALLY(Taken() == 2, kPatience);
  AnswerKept(1);
  EXPECT_THAT(conversation.Read(), ElementsAre("a"));
  AnswerKept(1);
  EXPECT_THAT(conversation.Read(), ElementsAre("b"));
  EXPECT_TRUE(conversation.Finish().ok());
}

TEST_F(BidiCallTest, ReadsNoFurtherWhileItsBoundOfItemsIsReached) {
  service_->bounds.items_max = 4;
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  for (int i = 0; i < 10; ++i) conversation.Write({absl::StrCat(i)});
  for (size_t answered = 0; answered < 6; ++answered) {
    ASSERT_EVENTUALLY(Taken() >= 4 + answered, kPatience);
    LetEverythingArrive();
    EXPECT_EQ(Taken(), 4 + answered);
    AnswerKept(1);
  }
  ASSERT_EVENTUALLY(Taken() == 10, kPatience);
  AnswerKept(4);
  EXPECT_TRUE(conversation.End().ok());
}

TEST_F(BidiCallTest, ReadsNoFurtherWhileItsBoundOfBytesIsReached) {
  service_->bounds.bytes_max = 10;
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"123456"});
  conversation.Write({"123456"});
  conversation.Write({"123456"});
  ASSERT_EVENTUALLY(Taken() >= 2, kPatience);
  LetEverythingArrive();
  EXPECT_EQ(Taken(), 2u);
  AnswerKept(1);
  ASSERT_EVENTUALLY(Taken() == 3, kPatience);
  AnswerKept(2);
  EXPECT_TRUE(conversation.End().ok());
}

TEST_F(BidiCallTest, DoesNotReadFromAClientThatDoesNotReadItsAnswers) {
  constexpr int kItems = 1000;
  service_->bounds = {.items_max = 8, .bytes_max = 1 << 30};
  std::atomic<int> taken = 0;
  service_->on_take = [&](ConverseCall& call, const ConverseRequest& request) {
    ConverseCall::Item item(call, request.items(0).size());
    ConverseCall::Answer(item, request.items(0));
    ++taken;
    return absl::OkStatus();
  };
  StartServer();
  Conversation conversation(*stub_);
  std::thread writer([&] {
    for (int i = 0; i < kItems; ++i) conversation.Write({std::string(256 << 10, 'x')});
    conversation.stream->WritesDone();
  });
  // Until what fits into the buffers on the way is there, and nothing moves any more.
  int last = -1;
  absl::Time still_since = absl::Now();
  EXPECT_EVENTUALLY(
      [&] {
        if (taken != last) still_since = absl::Now();
        last = taken;
        return last > 0 && absl::Now() - still_since > absl::Milliseconds(500);
      }(),
      kPatience);
  EXPECT_LT(taken, kItems / 2);
  size_t answers = 0;
  while (const size_t read = conversation.Read().size()) answers += read;
  writer.join();
  EXPECT_EQ(answers, static_cast<size_t>(kItems));
  EXPECT_TRUE(conversation.stream->Finish().ok());
}

TEST_F(BidiCallTest, ARefusedRequestEndsTheStreamAfterTheAnswersToThoseBefore) {
  service_->on_take = [this](ConverseCall& call, const ConverseRequest& request) -> absl::Status {
    if (request.items(0) == "bad") {
      return Error(absl::StatusCode::kInvalidArgument, "BAD_ITEM", "bad item");
    }
    absl::MutexLock lock(&mutex_);
    kept_.push_back({"good", std::make_unique<ConverseCall::Item>(call, 1)});
    ++taken_;
    return absl::OkStatus();
  };
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"good"});
  conversation.Write({"bad"});
  conversation.Write({"good"});
  ASSERT_EVENTUALLY(Taken() == 1, kPatience);
  AnswerKept(1);
  EXPECT_THAT(conversation.Read(), ElementsAre("good"));
  const grpc::Status status = conversation.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).reason, "BAD_ITEM");
  EXPECT_EQ(Taken(), 1u);
}

TEST_F(BidiCallTest, TurnsAnExceptionIntoInternal) {
  service_->on_take = [](ConverseCall&, const ConverseRequest&) -> absl::Status {
    throw std::runtime_error("secret of the house");
  };
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a"});
  const grpc::Status status = conversation.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_FALSE(DetailsOf(status).metadata.at("log_id").empty());
}

TEST_F(BidiCallTest, WhenTheServerStopsWhatWasReadIsAnsweredFirst) {
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a"});
  ASSERT_EVENTUALLY(Taken() == 1, kPatience);
  std::thread shutdown([&] { server_->Shutdown(absl::Seconds(60)); });
  EXPECT_EVENTUALLY(streams_told_, kPatience);
  AnswerKept(1);
  EXPECT_THAT(conversation.Read(), ElementsAre("a"));
  const grpc::Status status = conversation.Finish();
  shutdown.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).reason, "STOPPING");
  EXPECT_TRUE(DetailsOf(status).retry_delay.has_value());
}

TEST_F(BidiCallTest, AClientThatGoesAwayIsSeenAndTheCallEndsWithItsItems) {
  KeepItems();
  StartServer();
  Conversation conversation(*stub_);
  conversation.Write({"a", "b"});
  ASSERT_EVENTUALLY(Taken() == 2, kPatience);
  conversation.context.TryCancel();
  ASSERT_EVENTUALLY(call_->Cancelled(), kPatience);
  EXPECT_EQ(conversation.Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(Metrics(), Not(HasSubstr("CANCELLED")));
  AnswerKept(2);
  EXPECT_EVENTUALLY(
      Metrics().find("tally_rpc_requests_total{code=\"CANCELLED\"") != std::string::npos,
      kPatience);
}

TEST_F(BidiCallTest, TheCallersDeadlineEndsIt) {
  KeepItems();
  StartServer();
  ConverseResponse response;
  grpc::ClientContext context;
  context.set_deadline(In(absl::Milliseconds(300)));
  const auto stream = stub_->Converse(&context);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EVENTUALLY(Metrics().find("tally_rpc_in_flight{method=\"tally.rpc.testing.TestService/"
                                   "Converse\"} 0") != std::string::npos,
                    kPatience);
}

TEST_F(BidiCallTest, RefusesMoreStreamsThanTheBound) {
  StartServer();
  {
    Conversation first(*stub_), second(*stub_);
    first.Write({"a"});
    EXPECT_THAT(first.Read(), ElementsAre("a"));
    second.Write({"b"});
    EXPECT_THAT(second.Read(), ElementsAre("b"));
    Conversation third(*stub_);
    const grpc::Status refused = third.Finish();
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(DetailsOf(refused).reason, "TOO_MANY_STREAMS");
    EXPECT_TRUE(first.End().ok());
    EXPECT_TRUE(second.End().ok());
  }
  const auto opens = [&] {
    Conversation again(*stub_);
    return again.End().ok();
  };
  EXPECT_EVENTUALLY(opens(), kPatience);
}

}  // namespace
}  // namespace tally::rpc::testing
