#include "common/rpc/health_service.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "tests/integration/rpc/server_fixture.h"

namespace tally::rpc::testing {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServiceTest : public ServerTest {
 protected:
  HealthServiceTest() {
    telemetry_.health.AddReadiness("database", [this] { return StateOf(ready_); });
    telemetry_.health.AddLiveness("relay", [this] { return StateOf(live_); });
    StartServer();
    health_ = Health::NewStub(channel_);
  }

  static absl::Status StateOf(bool well) {
    return well ? absl::OkStatus() : absl::UnavailableError("away");
  }

  static HealthCheckRequest RequestFor(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    EXPECT_TRUE(health_->Check(&context, RequestFor(service), &response).ok()) << service;
    return response.status();
  }

  std::atomic<bool> ready_ = true;
  std::atomic<bool> live_ = true;
  std::unique_ptr<Health::Stub> health_;
};

TEST_F(HealthServiceTest, TellsReadinessAndLivenessByName) {
  ready_ = false;
  for (const char* name : {"", "readiness", TestService::service_full_name()}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::NOT_SERVING) << name;
  }
  EXPECT_EQ(Check("liveness"), HealthCheckResponse::SERVING);
  ready_ = true;
  live_ = false;
  for (const char* name : {"", "readiness", TestService::service_full_name()}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::SERVING) << name;
  }
  EXPECT_EQ(Check("liveness"), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, DoesNotKnowOtherServices) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  const grpc::Status status =
      health_->Check(&context, RequestFor("tally.other.Service"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).reason, "SERVICE_UNKNOWN");
}

TEST_F(HealthServiceTest, TellsWatchersWhatChanges) {
  grpc::ClientContext context;
  auto stream = health_->Watch(&context, RequestFor(""));
  HealthCheckResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  ready_ = false;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  ready_ = true;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthServiceTest, KeepsWatchersOfUnknownServices) {
  grpc::ClientContext context;
  auto stream = health_->Watch(&context, RequestFor("tally.other.Service"));
  HealthCheckResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  context.TryCancel();
}

TEST_F(HealthServiceTest, TellsWatchersThatItShutsDownAndLetsThemGo) {
  grpc::ClientContext context;
  auto stream = health_->Watch(&context, RequestFor(""));
  HealthCheckResponse response;
  ASSERT_TRUE(stream->Read(&response));
  std::thread shutdown([&] { server_->Shutdown(absl::Seconds(60)); });
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).reason, "SHUTTING_DOWN");
  shutdown.join();
}

}  // namespace
}  // namespace tally::rpc::testing
