#include "common/rpc/server_stream.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/eventually.h"

namespace tally::rpc::testing {
namespace {

using ::testing::HasSubstr;
using testkit::kPatience;

constexpr size_t kLarge = 1 << 20;  // more than a client takes in before it reads

std::shared_ptr<const AnswerResponse> Message(const std::string& text) {
  auto message = std::make_shared<AnswerResponse>();
  message->set_text(text);
  return message;
}

// The server's side of one stream, as the test wants it.
class ServerStreamTest : public ServerTest {
 protected:
  void Start() {
    service_->on_stream = [this](AnswerStream& stream) {
      stream.WhenGone([this, &stream] {
        EXPECT_FALSE(stream.Write(Message("too late")));
        gone_.Notify();
      });
      taken_ = &stream;
      taken_notice_.Notify();
      return absl::OkStatus();
    };
    StartServer();
    client_ = stub_->Stream(&context_, AnswerRequest());
    taken_notice_.WaitForNotification();
  }

  // A stream that still exists must end before the server goes.
  void TearDown() override {
    if (taken_ != nullptr && !gone_.HasBeenNotified()) context_.TryCancel();
    if (taken_ != nullptr) gone_.WaitForNotification();
  }

  std::string Read() {
    return client_->Read(&response_) ? response_.text() : std::string("the end");
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<AnswerResponse>> client_;
  AnswerStream* taken_ = nullptr;  // valid until gone_, which follows its end at any moment
  absl::Notification taken_notice_, gone_;
};

TEST_F(ServerStreamTest, WritesOneMessageAfterAnotherAndEndsBehindThem) {
  Start();
  for (const std::string text : {"one", "two", "three"}) {
    ASSERT_EVENTUALLY(taken_->Write(Message(text)), kPatience);
  }
  taken_->Finish(Error(absl::StatusCode::kAborted, "ENOUGH", "that was all"));
  for (const std::string text : {"one", "two", "three", "the end"}) EXPECT_EQ(Read(), text);
  const grpc::Status status = client_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(DetailsOf(status).reason, "ENOUGH");
  EXPECT_TRUE(gone_.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(ServerStreamTest, RefusesWhatIsWrittenWhileAMessageIsOnItsWay) {
  Start();
  ASSERT_TRUE(taken_->Write(Message(std::string(kLarge, 'x'))));
  EXPECT_FALSE(taken_->Write(Message("refused")));
  EXPECT_EQ(Read().size(), kLarge);
  ASSERT_EVENTUALLY(taken_->Write(Message("next")), kPatience);
  EXPECT_EQ(Read(), "next");
}

TEST_F(ServerStreamTest, OneThatReadsLateIsToldWhyItEnded) {
  Start();
  ASSERT_TRUE(taken_->Write(Message(std::string(kLarge, 'x'))));
  taken_->Finish(ResourceExhausted("TOO_SLOW", "read faster", absl::Seconds(1)));
  EXPECT_EQ(Read().size(), kLarge);
  EXPECT_EQ(Read(), "the end");
  const grpc::Status status = client_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(status).reason, "TOO_SLOW");
}

TEST_F(ServerStreamTest, OneThatNeverReadsIsCutOff) {
  Start();
  taken_->Cut();  // not finished: nothing happens
  ASSERT_TRUE(taken_->Write(Message(std::string(kLarge, 'x'))));
  taken_->Finish(ResourceExhausted("TOO_SLOW", "read faster", absl::Seconds(1)));
  EXPECT_FALSE(gone_.HasBeenNotified());
  taken_->Cut();
  EXPECT_TRUE(gone_.WaitForNotificationWithTimeout(kPatience));
  while (client_->Read(&response_)) continue;
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerStreamTest, EndsByItselfWhenTheClientGoesAway) {
  Start();
  ASSERT_TRUE(taken_->Write(Message(std::string(kLarge, 'x'))));
  context_.TryCancel();
  EXPECT_TRUE(gone_.WaitForNotificationWithTimeout(kPatience));
  EXPECT_THAT(telemetry_.metrics.Serialize(),
              HasSubstr("tally_rpc_requests_total{code=\"CANCELLED\","
                        "method=\"tally.rpc.testing.TestService/Stream\"} 1\n"));
}

TEST_F(ServerStreamTest, LastsLongerThanTheDefaultDeadlineOfUnaryCalls) {
  service_ = std::make_unique<Service>(telemetry_, ExecutorOptions(),
                                       EndpointOptions{.default_deadline = absl::ZeroDuration()});
  Start();
  ASSERT_TRUE(taken_->Write(Message("still there")));
  EXPECT_EQ(Read(), "still there");
}

TEST_F(ServerStreamTest, TurnsAnExceptionIntoInternal) {
  service_->on_stream = [](AnswerStream&) -> absl::Status { throw std::runtime_error("secret"); };
  StartServer();
  client_ = stub_->Stream(&context_, AnswerRequest());
  EXPECT_FALSE(client_->Read(&response_));
  const grpc::Status status = client_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(DetailsOf(status).reason, "INTERNAL");
}

TEST_F(ServerStreamTest, EndsWhenTheServerBeginsToShutDown) {
  end_streams_ = [this] { taken_->Finish(Unavailable("STOPPING", "stops", absl::Seconds(1))); };
  Start();
  std::thread shutdown([&] { server_->Shutdown(absl::InfiniteDuration()); });
  EXPECT_EQ(Read(), "the end");
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  shutdown.join();
}

TEST_F(ServerStreamTest, AShutdownDoesNotCutOffOneThatReadsLate) {
  end_streams_ = [this] { taken_->Finish(Unavailable("STOPPING", "stops", absl::Seconds(1))); };
  Start();
  ASSERT_TRUE(taken_->Write(Message(std::string(kLarge, 'x'))));
  absl::Notification stopped;
  std::thread shutdown([&] {
    server_->Shutdown(absl::Minutes(1));
    stopped.Notify();
  });
  EXPECT_FALSE(stopped.WaitForNotificationWithTimeout(absl::Seconds(1)));
  EXPECT_EQ(Read().size(), kLarge);
  EXPECT_EQ(Read(), "the end");
  EXPECT_EQ(DetailsOf(client_->Finish()).reason, "STOPPING");
  shutdown.join();
}

// Writers, an end and the client's going away meet in every order.
TEST_F(ServerStreamTest, WritesAndEndsAtTheSameMomentAreSafe) {
  constexpr int kStreams = 40;
  std::atomic<int> taken = 0;
  std::atomic<int> gone = 0;
  service_->on_stream = [&](AnswerStream& stream) {
    ++taken;
    auto over = std::make_shared<absl::Notification>();
    auto writer = std::make_shared<std::thread>([&stream, over] {
      while (!over->HasBeenNotified()) {
        stream.Write(Message("x"));
        std::this_thread::yield();
      }
    });
    stream.WhenGone([&gone, over, writer] {
      over->Notify();
      writer->join();
      ++gone;
    });
    return absl::OkStatus();
  };
  StartServer();
  for (int i = 0; i < kStreams; ++i) {
    grpc::ClientContext context;
    auto client = stub_->Stream(&context, AnswerRequest());
    if (i % 2 == 0) client->Read(&response_);
    context.TryCancel();
    client->Finish();
  }
  EXPECT_EVENTUALLY(gone == taken, kPatience);
  server_->Shutdown(absl::ZeroDuration());  // no stream arrives any more
  EXPECT_EQ(gone, taken);
  EXPECT_GE(taken, kStreams / 2);  // one that is cancelled at once may never arrive
}

}  // namespace
}  // namespace tally::rpc::testing
