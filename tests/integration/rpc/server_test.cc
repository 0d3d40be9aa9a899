#include "common/rpc/server.h"

#include <grpcpp/generic/generic_stub.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/eventually.h"

namespace tally::rpc::testing {
namespace {

using ::testing::HasSubstr;
using testkit::kPatience;

TEST_F(ServerTest, DoesNotShareItsPort) {
  StartServer();
  Service other(telemetry_);
  EXPECT_EQ(Server::Start({.listen = server_->address()}, {other}, telemetry_).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ServerTest, RefusesAMessageThatIsTooLarge) {
  StartServer({.receive_bytes_max = 1000});
  EXPECT_TRUE(Answer(std::string(900, 'x')).ok());
  EXPECT_EQ(Answer(std::string(1001, 'x')).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// Asks reflection for the list of services in its wire format: field 7, "*".
TEST_F(ServerTest, ListsItsServicesThroughReflection) {
  StartServer();
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  const grpc::Slice slice(std::string("\x3a\x01*"));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {},
                 &request, &response, [&](grpc::Status s) {
                   status = s;
                   done.Notify();
                 });
  ASSERT_TRUE(done.WaitForNotificationWithTimeout(kPatience));
  ASSERT_TRUE(status.ok()) << status.error_message();
  grpc::Slice answer;
  ASSERT_TRUE(response.DumpToSingleSlice(&answer).ok());
  const std::string text(answer.begin(), answer.end());
  EXPECT_THAT(text, HasSubstr("tally.rpc.testing.TestService"));
  EXPECT_THAT(text, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(ServerTest, FinishesCallsUnderWayAndRefusesNewOnesWhenItShutsDown) {
  absl::Notification begun, release;
  service_->on_read = [&](Call&) {
    begun.Notify();
    release.WaitForNotification();
    return absl::OkStatus();
  };
  StartServer();
  std::thread under_way([&] { EXPECT_TRUE(Read().ok()); });
  begun.WaitForNotification();
  std::thread shutdown([&] { server_->Shutdown(absl::Seconds(60)); });
  EXPECT_EVENTUALLY(
      [&] {
        grpc::ClientContext context;
        context.set_deadline(In(absl::Seconds(5)));
        AnswerResponse response;
        return stub_->Answer(&context, AnswerRequest(), &response).error_code() ==
               grpc::StatusCode::UNAVAILABLE;
      }(),
      kPatience);
  release.Notify();
  under_way.join();
  shutdown.join();
}

TEST_F(ServerTest, CancelsWhatIsStillUnderWayWhenTheTimeToDrainIsOver) {
  absl::Notification begun;
  service_->on_read = [&](Call& call) {
    begun.Notify();
    EXPECT_TRUE(testkit::Eventually(kPatience, [&] { return call.Cancelled(); }));
    return call.Alive();
  };
  StartServer();
  std::thread under_way([&] { EXPECT_FALSE(Read().ok()); });
  begun.WaitForNotification();
  server_->Shutdown(absl::Milliseconds(50));
  under_way.join();
}

TEST_F(ServerTest, TellsStreamsToEndOnceWhenItShutsDown) {
  std::atomic<int> told = 0;
  Server::Start({}, {{*service_, [&] { ++told; }}}, telemetry_).value()->Shutdown(absl::Seconds(1));
  EXPECT_EQ(told, 1);
}

TEST(RaiseFileLimit, AllowsAsManyAsTheHardLimit) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &low);
  EXPECT_EQ(RaiseFileLimit(), static_cast<int64_t>(before.rlim_max));
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace tally::rpc::testing
